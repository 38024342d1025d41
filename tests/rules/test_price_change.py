"""Which prices hold for a term, three months after they were announced."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.price_change import Published, is_worse, moves_from, version_held
from billing.rules.rating import Terms

TERMS = Terms(monthly_fee=Decimal("125.00"), included=500, overage_unit_price=Decimal("0.25"))
OLD = Published(id=1, effective_on=date(2020, 1, 1), noticed_on=date(2020, 1, 1))


def published(noticed_on: str, effective_on: str, number: int = 2) -> Published:
    return Published(
        id=number, effective_on=date.fromisoformat(effective_on), noticed_on=date.fromisoformat(noticed_on)
    )


@pytest.mark.parametrize(
    ("noticed_on", "effective_on", "expected"),
    [
        ("2026-08-31", "2026-09-01", "2026-12-01"),  # three months from 31 August end with 30 November
        ("2026-08-30", "2026-09-01", "2026-12-01"),
        ("2026-09-01", "2026-09-02", "2026-12-02"),
        ("2026-11-30", "2026-12-01", "2027-03-01"),  # to 28 February
        ("2027-11-30", "2027-12-01", "2028-03-01"),  # to 29 February
        ("2026-08-31", "2027-01-01", "2027-01-01"),  # its own day is later
    ],
)
def test_existing_subscriptions_move_after_three_whole_months_of_notice(
    noticed_on: str, effective_on: str, expected: str
) -> None:
    assert moves_from(published(noticed_on, effective_on)) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("starts_on", "expected"), [("2026-11-01", 1), ("2026-11-30", 1), ("2026-12-01", 2), ("2027-01-01", 2)]
)
def test_a_term_that_begins_before_keeps_its_prices(starts_on: str, expected: int) -> None:
    new = published("2026-08-31", "2026-09-15")
    assert version_held([new, OLD], 1, date.fromisoformat(starts_on)) == expected


def test_of_several_the_newest_that_is_reachable_holds_and_nobody_goes_back() -> None:
    second, third = published("2026-01-01", "2026-02-01"), published("2026-10-01", "2026-10-02", 3)
    assert version_held([OLD, third, second], 1, date(2026, 12, 1)) == 2
    assert version_held([OLD, third, second], 1, date(2027, 2, 1)) == 3
    # Who has chosen the newest plan on its first day has agreed to it and keeps it.
    assert version_held([OLD, third, second], 3, date(2026, 11, 1)) == 3


@pytest.mark.parametrize(
    ("change", "worse"),
    [
        ({}, False),
        ({"monthly_fee": Decimal("125.01")}, True),
        ({"monthly_fee": Decimal("124.99")}, False),
        ({"overage_unit_price": Decimal("0.250001")}, True),
        ({"overage_unit_price": Decimal("0.249999")}, False),
        ({"included": 499}, True),
        ({"included": 501}, False),
        ({"monthly_fee": Decimal("100.00"), "included": 499}, True),
    ],
)
def test_any_dearer_price_and_any_smaller_number_is_worse(change: dict[str, Any], worse: bool) -> None:
    assert is_worse(TERMS, replace(TERMS, **change)) is worse


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 200)), max_size=5, unique_by=sum),
    st.integers(0, 900),
)
def test_no_term_gets_prices_within_three_months_of_their_notice(notices: list[tuple[int, int]], after: int) -> None:
    first = date(2026, 1, 1)
    versions = [
        Published(id=place + 2, noticed_on=first + timedelta(days=day), effective_on=first + timedelta(days=day + lead))
        for place, (day, lead) in enumerate(notices)
    ]
    starts_on = first + timedelta(days=after)
    held = version_held([OLD, *versions], 1, starts_on)
    begun = [each for each in versions if each.effective_on <= starts_on]
    candidates = [each for each in begun if (starts_on - each.noticed_on).days > 92]
    assert held == 1 or any(each.id == held and (starts_on - each.noticed_on).days > 89 for each in begun)
    assert not candidates or held != 1
