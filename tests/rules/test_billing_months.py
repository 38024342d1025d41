"""Months: written, read, and listed backwards."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.months import month_named, months_back

DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))


@given(DAYS)
def test_a_month_is_read_as_it_is_written(day: date) -> None:
    assert month_named(f"{day:%Y-%m}") == day.replace(day=1)


@pytest.mark.parametrize("text", ["", "2026-00", "2026-13", "2026-1", "2026-11-01", "1999-12", "november"])
def test_what_is_not_a_month_is_none(text: str) -> None:
    assert month_named(text) is None


def test_months_go_back_over_the_new_year_with_both_ends() -> None:
    assert months_back(date(2027, 1, 31), date(2026, 11, 30)) == [
        date(2027, 1, 1),
        date(2026, 12, 1),
        date(2026, 11, 1),
    ]


@given(DAYS, DAYS)
def test_the_last_month_is_always_there_and_no_month_twice(last: date, first: date) -> None:
    months = months_back(last, first)

    assert months[0] == last.replace(day=1)
    assert months == sorted(set(months), reverse=True)
    assert months[-1] == min(first, last).replace(day=1)
