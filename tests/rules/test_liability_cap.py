"""What we are liable for at most (B16): what was paid in the 12 months before, by value date."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.liability import liability_cap

ON = date(2026, 11, 23)
PAID = Decimal("151.25")


@pytest.mark.parametrize(
    ("value_on", "counts"),
    [
        (date(2025, 11, 22), False),
        (date(2025, 11, 23), False),
        (date(2025, 11, 24), True),
        (ON, True),
        (date(2026, 11, 24), False),
    ],
)
def test_a_payment_counts_for_twelve_months_from_its_value_date(value_on: date, counts: bool) -> None:
    found = liability_cap([(value_on, PAID)], ON)
    assert (found.amount, found.after, found.on) == (PAID if counts else Decimal(0), date(2025, 11, 23), ON)


def test_free_use_is_worth_nothing_and_what_went_back_counts_no_more() -> None:
    assert liability_cap([], ON).amount == Decimal("0.00")
    assert liability_cap([(ON, PAID), (ON, Decimal("-51.25"))], ON).amount == Decimal("100.00")
    assert liability_cap([(date(2025, 1, 1), PAID), (ON, -PAID)], ON).amount == Decimal("0.00")


def test_the_last_of_february_stands_for_later_days() -> None:
    assert liability_cap([], date(2028, 2, 29)).after == date(2027, 2, 28)


@given(st.lists(st.tuples(st.integers(0, 800), st.integers(1, 100_000))))
def test_the_cap_is_the_sum_of_the_days_that_count(paid: list[tuple[int, int]]) -> None:
    movements = [(ON - timedelta(days=days), Decimal(cents) / 100) for days, cents in paid]
    expected = sum((Decimal(cents) / 100 for days, cents in paid if days < 365), Decimal(0))
    assert liability_cap(movements, ON).amount == expected
