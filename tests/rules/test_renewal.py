"""Until when a term can be cancelled, and when what was cancelled ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.business_days import is_business_day
from billing.rules.periods import Period, day_starts_at, legal_date, nth_period
from billing.rules.renewal import (
    OPERATOR_NOTICE_MONTHS,
    cancel_until,
    end_after_cancelling,
    end_of_month_begun,
    operators_end,
)

VILNIUS = ZoneInfo("Europe/Vilnius")
TICK = timedelta(microseconds=1)


def midnight(text: str) -> datetime:
    return day_starts_at(date.fromisoformat(text), VILNIUS)


@pytest.mark.parametrize(
    ("renews_on", "last_day"),
    [
        ("2026-12-01", "2026-11-30"),
        ("2027-01-01", "2026-12-31"),
        ("2026-11-01", "2026-10-30"),  # a Sunday
        ("2026-04-01", "2026-03-31"),  # two days after the clocks went forward
        ("2027-11-03", "2027-10-29"),  # 1 and 2 November are holidays, 30 and 31 October a weekend
        ("2026-12-27", "2026-12-23"),
        ("2026-04-07", "2026-04-03"),  # the Tuesday after Easter
    ],
)
def test_a_term_is_cancelled_until_the_end_of_the_last_business_day_before(renews_on: str, last_day: str) -> None:
    expected = midnight(last_day) + timedelta(hours=24)
    assert cancel_until(midnight(renews_on), VILNIUS, "LT") == expected


def test_the_deadline_is_local_midnight_in_summer_and_winter() -> None:
    assert cancel_until(midnight("2026-12-01"), VILNIUS, "LT") == datetime(2026, 11, 30, 22, tzinfo=UTC)
    assert cancel_until(midnight("2026-07-01"), VILNIUS, "LT") == datetime(2026, 6, 30, 21, tzinfo=UTC)


def test_too_late_ends_the_following_term() -> None:
    term, following = nth_period(date(2026, 10, 1), 0, VILNIUS), nth_period(date(2026, 10, 1), 1, VILNIUS)
    deadline = cancel_until(term.ends_at, VILNIUS, "LT")
    assert deadline == midnight("2026-10-31")  # 31 October is a Saturday: the end of Friday
    ends = [end_after_cancelling(term, deadline, following, deadline + off) for off in (-TICK, timedelta(0), TICK)]
    assert ends == [midnight("2026-11-01"), midnight("2026-12-01"), midnight("2026-12-01")]


@pytest.mark.parametrize(
    ("anchor", "instant", "expected"),
    [
        ("2026-11-01", midnight("2026-12-01"), "2026-12-01"),
        ("2026-11-01", midnight("2026-12-01") + TICK, "2027-01-01"),
        ("2026-11-01", midnight("2026-12-01") - TICK, "2026-12-01"),
        ("2026-01-31", midnight("2026-02-15"), "2026-02-28"),
    ],
)
def test_a_month_that_has_begun_is_whole(anchor: str, instant: datetime, expected: str) -> None:
    assert end_of_month_begun(date.fromisoformat(anchor), instant, VILNIUS) == midnight(expected)


@pytest.mark.parametrize(
    ("noticed_on", "expected"),
    [
        ("2026-11-29", "2027-06-01"),  # the last day of notice is 29 May
        ("2026-11-30", "2027-06-01"),  # 30 May
        ("2026-12-01", "2027-07-01"),  # 1 June: that month has begun
        ("2026-08-30", "2027-03-01"),  # clamped to 28 February
        ("2026-08-31", "2027-03-01"),
        ("2026-10-31", "2027-05-01"),  # 30 April, clamped
        ("2027-08-31", "2028-03-01"),  # 29 February
    ],
)
def test_the_operator_gives_six_whole_months_and_the_month_then_begun(noticed_on: str, expected: str) -> None:
    assert operators_end(date(2026, 1, 1), date.fromisoformat(noticed_on), VILNIUS) == midnight(expected)
    assert OPERATOR_NOTICE_MONTHS == 6


@given(st.dates(date(2026, 1, 1), date(2028, 6, 30)))
def test_the_deadline_is_found_by_walking_back_day_by_day(renews_on: date) -> None:
    day = renews_on - timedelta(days=1)
    while not is_business_day(day, "LT"):
        day -= timedelta(days=1)
    found = cancel_until(day_starts_at(renews_on, VILNIUS), VILNIUS, "LT")
    assert legal_date(found - TICK, VILNIUS) == day
    assert legal_date(found, VILNIUS) == day + timedelta(days=1)
    assert found <= day_starts_at(renews_on, VILNIUS)


def test_a_period_is_what_its_bounds_are() -> None:
    assert Period(starts_at=midnight("2026-12-01"), ends_at=midnight("2027-01-01")) == nth_period(
        date(2026, 12, 1), 0, VILNIUS
    )
