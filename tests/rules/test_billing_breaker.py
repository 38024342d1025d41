"""The circuit breaker: which invoices wait for a person."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.rules.breaker import suspicion, usual_up_to

D = Decimal


def held(net: str, earlier: list[str], *, lines: int = 2, sources: list[tuple[str, str]] | None = None) -> str | None:
    return suspicion(D(net), [D(amount) for amount in earlier], lines=lines, sources=sources or [])


@pytest.mark.parametrize(
    ("net", "earlier", "reason"),
    [
        ("1000.00", ["200.00"], None),
        ("1000.01", ["200.00"], "unusual_amount"),
        ("500.00", ["40.00", "40.00", "41.00"], None),  # small, though twelve times what is usual
        ("500.01", ["40.00", "40.00", "41.00"], "unusual_amount"),
        ("1000.00", ["100.00", "9000.00", "200.00"], None),  # the median is 200, whatever the outlier
        ("1000.01", ["100.00", "9000.00", "200.00"], "unusual_amount"),
        ("750.00", ["100.00", "200.00"], None),  # the median of two lies between them
        ("750.01", ["100.00", "200.00"], "unusual_amount"),
        ("25000.00", [], None),
        ("25000.01", [], "unusual_amount"),
        ("500.01", ["0.00"], "unusual_amount"),
        ("-20.00", ["200.00"], None),
    ],
)
def test_more_than_five_times_the_median_is_held_unless_it_is_small(
    net: str, earlier: list[str], reason: str | None
) -> None:
    assert held(net, earlier) == reason


def test_the_last_twelve_invoices_are_compared_with() -> None:
    long_ago = [D("1000.00")] * 20
    assert usual_up_to(long_ago + [D("200.00")] * 12) == D("1000.00")
    assert usual_up_to([D("300.00"), *[D("200.00")] * 6, *[D("400.00")] * 6]) == D("1500.00")
    assert usual_up_to([D("100.00"), *[D("200.00")] * 5, *[D("400.00")] * 7]) == D("2000.00")


def test_the_same_source_twice_is_held_whatever_it_costs() -> None:
    once = [("fee", "1"), ("overage", "1"), ("fee", "2")]
    assert held("1.00", ["1.00"], sources=once) is None
    assert held("1.00", ["1.00"], sources=[*once, ("fee", "1")]) == "twice_the_same"


def test_more_than_two_hundred_lines_are_held() -> None:
    assert held("1.00", ["1.00"], lines=200) is None
    assert held("1.00", ["1.00"], lines=201) == "many_lines"
