from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.periods import (
    Interval,
    Period,
    calendar_month,
    day_starts_at,
    days_of,
    legal_date,
    months_after,
    nth_period,
    period_after,
    period_containing,
    period_index,
    term_containing,
)

VILNIUS = ZoneInfo("Europe/Vilnius")
# Vilnius and Lisbon change at night, Beirut and Havana at midnight itself, Kathmandu never.
ZONES = st.sampled_from(
    [VILNIUS] + [ZoneInfo(n) for n in ("Asia/Beirut", "America/Havana", "Europe/Lisbon", "Asia/Kathmandu", "UTC")]
)
ANCHORS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
INSTANTS = st.integers(1_420_000_000, 2_200_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor_on", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 11, 1), 2, date(2027, 1, 1)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_a_boundary_is_counted_from_the_anchor_and_clamped_to_the_month(
    anchor_on: date, months: int, expected: date
) -> None:
    assert months_after(anchor_on, months) == expected


@pytest.mark.parametrize(
    ("day", "starts_at", "ends_at", "hours"),
    [
        (date(2026, 11, 1), "2026-10-31T22:00", "2026-11-30T22:00", 30 * 24),
        (
            date(2026, 3, 1),
            "2026-02-28T22:00",
            "2026-03-31T21:00",
            31 * 24 - 1,
        ),  # summer time begins on the 29th
        (date(2026, 10, 1), "2026-09-30T21:00", "2026-10-31T22:00", 31 * 24 + 1),  # and ends on the 25th
    ],
)
def test_a_month_lasts_from_midnight_to_midnight_in_vilnius(
    day: date, starts_at: str, ends_at: str, hours: int
) -> None:
    month = calendar_month(day, VILNIUS)

    assert month == Period(starts_at=utc(starts_at), ends_at=utc(ends_at))
    assert month.ends_at - month.starts_at == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        ("2026-10-31T21:59:59.999999", date(2026, 10, 1)),
        ("2026-10-31T22:00:00", date(2026, 11, 1)),
        ("2026-10-31T22:00:00.000001", date(2026, 11, 1)),
        ("2026-03-31T20:59:59.999999", date(2026, 3, 1)),
        ("2026-03-31T21:00:00", date(2026, 4, 1)),
        ("2026-03-31T22:00:00", date(2026, 4, 1)),
    ],
)
def test_the_first_instant_of_a_month_belongs_to_it_and_the_last_one_does_not(instant: str, month: date) -> None:
    period = period_containing(date(2026, 1, 1), utc(instant), VILNIUS)

    assert legal_date(period.starts_at, VILNIUS) == month
    assert period.contains(utc(instant))


def test_a_day_whose_midnight_the_clock_skips_starts_at_the_jump() -> None:
    beirut = ZoneInfo("Asia/Beirut")

    assert day_starts_at(date(2022, 3, 27), beirut) == utc("2022-03-26T22:00")
    assert legal_date(utc("2022-03-26T21:59:59"), beirut) == date(2022, 3, 26)
    assert legal_date(utc("2022-03-26T22:00"), beirut) == date(2022, 3, 27)


@given(anchor_on=ANCHORS, instant=INSTANTS, zone=ZONES)
def test_every_instant_lies_in_exactly_one_period(anchor_on: date, instant: datetime, zone: ZoneInfo) -> None:
    index = period_index(anchor_on, instant, zone)

    holding = [n for n in range(index - 2, index + 3) if nth_period(anchor_on, n, zone).contains(instant)]

    assert holding == [index]


@given(anchor_on=ANCHORS, index=st.integers(-60, 120), zone=ZONES)
def test_each_period_starts_where_the_one_before_ended(anchor_on: date, index: int, zone: ZoneInfo) -> None:
    period = nth_period(anchor_on, index, zone)

    assert period.starts_at < period.ends_at
    assert period_after(anchor_on, period, zone) == nth_period(anchor_on, index + 1, zone)
    assert len(days_of(period, zone)) in (28, 29, 30, 31)


@given(anchor_on=ANCHORS, zone=ZONES)
def test_the_first_period_starts_on_the_anchor(anchor_on: date, zone: ZoneInfo) -> None:
    assert legal_date(nth_period(anchor_on, 0, zone).starts_at, zone) == anchor_on


@given(anchor_on=ANCHORS, instant=INSTANTS, zone=ZONES)
def test_an_annual_term_is_twelve_whole_monthly_periods(anchor_on: date, instant: datetime, zone: ZoneInfo) -> None:
    term = term_containing(anchor_on, Interval.YEAR, instant, zone)
    month = period_containing(anchor_on, instant, zone)
    first, end = (period_index(anchor_on, edge, zone) for edge in (term.starts_at, term.ends_at))

    assert term.contains(instant)
    assert term.starts_at <= month.starts_at < month.ends_at <= term.ends_at
    assert (first % 12, end - first) == (0, 12)


@pytest.mark.parametrize("interval", [Interval.MONTH, Interval.ONCE])
@given(anchor_on=ANCHORS, instant=INSTANTS)
def test_a_monthly_or_one_off_term_is_one_period(interval: Interval, anchor_on: date, instant: datetime) -> None:
    assert term_containing(anchor_on, interval, instant, VILNIUS) == period_containing(anchor_on, instant, VILNIUS)


def test_a_period_has_its_first_instant_and_not_its_last() -> None:
    period = calendar_month(date(2026, 3, 29), VILNIUS)
    assert period.contains(period.starts_at)
    assert not period.contains(period.ends_at)
    assert not period.contains(period.starts_at - timedelta(microseconds=1))


def test_a_month_has_its_days_in_order_whatever_the_clock_does() -> None:
    assert days_of(calendar_month(date(2026, 10, 5), VILNIUS), VILNIUS) == [date(2026, 10, n) for n in range(1, 32)]
