"""When a customer is told, and when a cap stops it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.rating import amount
from billing.rules.thresholds import GRACE_SEALS, SHARES, Cap, affordable_seals, allowed_seals, reached

D = Decimal


def told(
    used: int, *, included: int = 500, cost: str = "0", alerts: tuple[str, ...] = (), cap: Cap | None = None
) -> list[tuple[str, Decimal]]:
    found = reached(
        used=used,
        included=included,
        overage_unit_price=D("0.25"),
        cost=D(cost),
        alerts=[D(each) for each in alerts],
        cap=cap,
    )
    return [(each.kind.value, each.at) for each in found]


@pytest.mark.parametrize(
    ("used", "included", "shares"),
    [
        (399, 500, []),
        (400, 500, [80]),
        (499, 500, [80]),
        (500, 500, [80, 100]),
        (9000, 500, [80, 100]),
        (2, 3, []),  # 66.7 %
        (3, 3, [80, 100]),
        (0, 0, []),
        (5, 0, []),  # a plan that includes nothing has no share of it
    ],
)
def test_customers_are_told_at_80_and_100_per_cent(used: int, included: int, shares: list[int]) -> None:
    assert told(used, included=included) == [("share", D(share)) for share in shares]


def test_a_month_that_costs_as_much_as_an_alert_has_reached_it() -> None:
    assert told(1, cost="99.99", alerts=("100.00", "150.00")) == []
    assert told(1, cost="100.00", alerts=("150.00", "100.00")) == [("cost", D(100))]
    assert told(1, cost="150.00", alerts=("150.00", "100.00")) == [("cost", D(100)), ("cost", D(150))]


@pytest.mark.parametrize(
    ("used", "kinds"),
    [(539, []), (540, ["cap"]), (549, ["cap"]), (550, ["cap", "stop"]), (551, ["cap", "stop"])],
)
def test_a_cap_of_ten_euros_is_reached_after_forty_seals_and_stops_after_its_grace(used: int, kinds: list[str]) -> None:
    assert [kind for kind, _ in told(used, cap=Cap(amount=D("10.20"), grace=10)) if kind != "share"] == kinds


def test_where_seals_beyond_the_plan_are_free_no_cap_is_ever_reached() -> None:
    cap = Cap(amount=D(0), grace=0)
    assert allowed_seals(500, D(0), cap) is None
    free = reached(used=9999, included=0, overage_unit_price=D(0), cost=D(0), alerts=[], cap=cap)
    assert free == []


def test_a_cap_of_zero_allows_the_plan_and_the_grace() -> None:
    assert allowed_seals(500, D("0.25"), Cap(amount=D(0), grace=7)) == 507


@given(st.integers(0, 20_000), st.integers(1, 5_000_000), st.integers(0, 10_000_000))
def test_a_cap_pays_for_what_it_allows_and_not_for_one_more(included: int, millionths: int, cents: int) -> None:
    price, cap = D(millionths).scaleb(-6), D(cents).scaleb(-2)
    affordable = affordable_seals(included, price, Cap(amount=cap, grace=0))
    assert affordable is not None
    assert (affordable - included) * price <= cap < (affordable + 1 - included) * price
    assert amount(affordable - included, price) <= cap + D("0.01")


def test_the_constants() -> None:
    assert (SHARES, GRACE_SEALS) == ((80, 100), 100)
