"""Amounts in parts that add up to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.split import equal_parts, split

CENT = Decimal("0.01")
AMOUNTS = st.decimals(0, 100_000, places=2)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        ("1000.00", [1] * 12, ["83.34"] * 4 + ["83.33"] * 8),
        ("0.01", [1, 1, 1], ["0.01", "0.00", "0.00"]),
        ("0.02", [1, 1, 1], ["0.01", "0.01", "0.00"]),
        ("100.00", [1, 2], ["33.33", "66.67"]),  # the larger remainder gets the cent, not the first
        ("10.00", [0, 1], ["0.00", "10.00"]),
        ("18000.00", [1] * 12, ["1500.00"] * 12),
        ("-0.01", [1, 1], ["0.00", "-0.01"]),
    ],
)
def test_the_cents_that_are_left_go_to_the_largest_remainders(total: str, weights: list[int], parts: list[str]) -> None:
    assert split(Decimal(total), weights) == [Decimal(part) for part in parts]


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [2, -1]])
def test_there_is_something_to_split_among(weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"\["):
        split(Decimal("1.00"), weights)


@given(AMOUNTS, st.lists(st.integers(0, 50), min_size=1, max_size=24).filter(any))
def test_parts_add_up_and_none_is_a_cent_off(total: Decimal, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(abs(part - total * weight / sum(weights)) < CENT for part, weight in zip(parts, weights, strict=True))


@given(AMOUNTS, st.integers(1, 24))
def test_equal_parts_differ_by_a_cent_at_most_and_the_larger_come_first(total: Decimal, count: int) -> None:
    parts = equal_parts(total, count)
    assert (sum(parts), len(parts)) == (total, count)
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] in {Decimal("0.00"), CENT}
