"""Until when data is kept that a smaller plan has no room for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.business_days import is_business_day
from billing.rules.excess import ExcessDates, erasable_on, excess_dates, is_smaller, room_gb
from privacy.catalogue import RULE
from privacy.rules.retention import due_on
from sealing.rules.excess import beyond


@pytest.mark.parametrize(
    ("reduced_on", "erase_on", "first", "last"),
    [
        ("2026-12-01", "2027-06-02", "2027-05-03", "2027-05-26"),
        ("2026-06-01", "2026-12-02", "2026-11-02", "2026-11-25"),
        ("2026-07-01", "2027-01-02", "2026-12-03", "2026-12-23"),  # over Christmas
        ("2026-08-31", "2027-03-01", "2027-01-30", "2027-02-22"),  # clamped to the end of February
        ("2026-10-01", "2027-04-02", "2027-03-03", "2027-03-25"),  # Easter is the Monday before
    ],
)
def test_excess_is_kept_six_calendar_months_with_two_notices_before(
    reduced_on: str, erase_on: str, first: str, last: str
) -> None:
    assert excess_dates(date.fromisoformat(reduced_on), "LT") == ExcessDates(
        erase_on=date.fromisoformat(erase_on),
        first_notice_on=date.fromisoformat(first),
        last_notice_on=date.fromisoformat(last),
    )


@given(st.dates(date(2026, 1, 1), date(2028, 6, 30)))
def test_at_least_five_business_days_lie_between_the_last_notice_and_erasure(reduced_on: date) -> None:
    dates = excess_dates(reduced_on, "LT")
    waiting = [dates.last_notice_on + timedelta(days=n) for n in range((dates.erase_on - dates.last_notice_on).days)]
    assert sum(is_business_day(day, "LT") for day in waiting) == 5
    assert dates.erase_on - dates.first_notice_on == timedelta(days=30)
    assert dates.erase_on == due_on(RULE["downgrade_excess"], reduced_on), "the day that is told is the engine's"


@pytest.mark.parametrize(
    ("before", "after", "smaller"),
    [
        (10, 9, True),
        (10, 10, False),
        (10, 11, False),
        (None, 10, True),
        (10, None, False),
        (None, None, False),
        (1, 0, True),
    ],
)
def test_no_limit_is_more_than_any(before: int | None, after: int | None, smaller: bool) -> None:
    assert is_smaller(before, after) is smaller


@pytest.mark.parametrize(
    ("told_on", "erasable"),
    [
        (None, None),
        ("2027-05-24", "2027-06-01"),
        ("2027-05-25", "2027-06-01"),  # a Tuesday, and four more days to Monday
        ("2027-05-26", "2027-06-02"),
        ("2027-05-29", "2027-06-05"),  # on a Saturday: Monday to Friday lie between
        ("2027-06-01", "2027-06-08"),
    ],
)
def test_a_late_notice_moves_the_erasure_by_business_days(told_on: str | None, erasable: str | None) -> None:
    found = erasable_on(date(2027, 6, 1), date.fromisoformat(told_on) if told_on else None, "LT")
    assert found == (date.fromisoformat(erasable) if erasable else None)


@pytest.mark.parametrize(("then", "now", "room"), [(5, 5, 5), (5, 2, 5), (5, 7, 7), (5, None, None), (0, 0, 0)])
def test_the_larger_of_both_quotas_may_stay(then: int, now: int | None, room: int | None) -> None:
    assert room_gb(then, now) == room


@dataclass(frozen=True)
class File:
    size: int


@pytest.mark.parametrize(
    ("total", "room", "gone"),
    [(60, 60, 0), (60, 59, 1), (60, 50, 1), (60, 49, 2), (60, 30, 2), (60, 29, 3), (99, 0, 3)],
)
def test_the_oldest_go_and_no_more_than_it_takes(total: int, room: int, gone: int) -> None:
    files = [File(10), File(20), File(30)]
    assert list(beyond(files, total=total, room=room)) == files[:gone]
