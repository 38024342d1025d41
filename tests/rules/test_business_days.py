"""Which days are business days in Lithuania, and the one so many before another."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.business_days import UnknownCalendar, business_day_before, has_calendar, is_business_day

# The public holidays of the Labour Code, article 123, with Easter of each year.
CLOSED = {
    2026: "01-01 02-16 03-11 04-05 04-06 05-01 05-03 06-07 06-24 07-06 08-15 11-01 11-02 12-24 12-25 12-26",
    2027: "01-01 02-16 03-11 03-28 03-29 05-01 05-02 06-06 06-24 07-06 08-15 11-01 11-02 12-24 12-25 12-26",
}


@pytest.mark.parametrize("year", CLOSED)
def test_business_days_are_monday_to_friday_without_the_holidays_of_lithuania(year: int) -> None:
    closed = {date.fromisoformat(f"{year}-{day}") for day in CLOSED[year].split()}
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    expected = [day for day in days if day.isoweekday() <= 5 and day not in closed]
    assert [day for day in days if is_business_day(day, "LT")] == expected


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 12, 1), 1, date(2026, 11, 30)),  # a Tuesday: the Monday before
        (date(2026, 11, 30), 1, date(2026, 11, 27)),  # a Monday: the Friday before
        (date(2026, 4, 7), 1, date(2026, 4, 3)),  # after Easter Monday
        (date(2026, 12, 27), 1, date(2026, 12, 23)),  # after Christmas
        (date(2027, 1, 1), 1, date(2026, 12, 31)),
        (date(2027, 1, 2), 1, date(2026, 12, 31)),  # New Year's Day is not one
        (date(2026, 11, 3), 1, date(2026, 10, 30)),  # All Saints' and All Souls' on Sunday and Monday
        (date(2027, 6, 1), 5, date(2027, 5, 25)),
        (date(2027, 1, 4), 5, date(2026, 12, 23)),  # after Christmas, again
    ],
)
def test_so_many_business_days_before(day: date, count: int, expected: date) -> None:
    assert business_day_before(day, "LT", count=count) == expected
    assert business_day_before(day, "LT") == business_day_before(day, "LT", count=1)


def test_another_country_has_its_own_calendar_and_an_unknown_one_is_refused() -> None:
    midsummer = date(2026, 6, 23)
    assert (is_business_day(midsummer, "LT"), is_business_day(midsummer, "LV")) == (True, False)
    assert (has_calendar("LT"), has_calendar("lt"), has_calendar("XX")) == (True, False, False)
    for day in (midsummer, date(2026, 6, 27)):  # a Saturday
        with pytest.raises(UnknownCalendar):
            is_business_day(day, "XX")


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(1, 10))
def test_exactly_so_many_business_days_lie_from_the_found_one_to_the_day_before(day: date, count: int) -> None:
    found = business_day_before(day, "LT", count=count)
    between = [found + timedelta(days=n) for n in range((day - found).days)]
    assert sum(is_business_day(each, "LT") for each in between) == count
    assert is_business_day(found, "LT")
