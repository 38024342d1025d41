"""From when another plan or interval holds, against an oracle that lives thirty months day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rules.changes import (
    is_binding,
    is_prepaid,
    month_of,
    months_between,
    takes_effect_at,
    term_from,
    unused_part,
)
from billing.rules.periods import Interval, day_starts_at, legal_date, months_after, period_containing

VILNIUS = ZoneInfo("Europe/Vilnius")
TICK = timedelta(microseconds=1)
MONTH, YEAR, ONCE = Interval.MONTH, Interval.YEAR, Interval.ONCE


def midnight(text: str) -> datetime:
    return day_starts_at(date.fromisoformat(text), VILNIUS)


@pytest.mark.parametrize("boundary", ["2026-12-01", "2026-04-01", "2026-11-01", "2026-10-01", "2028-03-01"])
def test_next_months_plan_is_changed_until_the_first_at_midnight_in_vilnius(boundary: str) -> None:
    anchor, first = date(2026, 1, 1), midnight(boundary)

    def effective(asked_at: datetime) -> datetime:
        month = month_of(anchor, asked_at, midnight("2026-01-01"), VILNIUS)
        return takes_effect_at(MONTH, MONTH, month, month)

    following = day_starts_at(months_after(date.fromisoformat(boundary), 1), VILNIUS)
    assert [effective(first + offset) for offset in (-TICK, timedelta(0), TICK)] == [first, following, following]


@pytest.mark.parametrize(
    ("current", "wanted", "expected", "binding"),
    [
        (MONTH, MONTH, "2026-12-01", False),
        (MONTH, YEAR, "2026-12-01", False),
        (MONTH, ONCE, "2026-12-01", False),
        (ONCE, YEAR, "2026-12-01", False),
        (YEAR, YEAR, "2026-12-01", True),
        (YEAR, MONTH, "2027-06-01", False),
        (YEAR, ONCE, "2027-06-01", False),
    ],
)
def test_only_what_leaves_an_annual_term_waits_for_its_end(
    current: Interval, wanted: Interval, expected: str, binding: bool
) -> None:
    asked_at = midnight("2026-11-23")
    month = month_of(date(2026, 6, 1), asked_at, midnight("2026-06-01"), VILNIUS)
    term = term_from(date(2026, 6, 1), YEAR, midnight("2026-06-01"), VILNIUS)
    assert takes_effect_at(current, wanted, term, month) == midnight(expected)
    assert is_binding(current, wanted) is binding


def test_what_is_asked_before_a_subscription_begins_counts_from_its_first_month() -> None:
    month = month_of(date(2027, 2, 1), midnight("2026-11-23"), midnight("2027-02-01"), VILNIUS)
    assert (month.starts_at, month.ends_at) == (midnight("2027-02-01"), midnight("2027-03-01"))


def test_only_months_are_paid_afterwards() -> None:
    assert [is_prepaid(each) for each in (MONTH, YEAR, ONCE)] == [False, True, True]


@pytest.mark.parametrize(
    ("anchor", "interval", "starts", "ends"),
    [
        ("2026-11-01", MONTH, "2026-12-01", "2027-01-01"),
        ("2026-11-01", YEAR, "2027-02-01", "2028-02-01"),  # a year that began with a change, not with the anchor
        ("2026-11-01", ONCE, "2026-12-01", "2027-01-01"),
        ("2026-01-31", MONTH, "2026-02-28", "2026-03-31"),
        ("2024-02-29", YEAR, "2026-02-28", "2027-02-28"),
        ("2024-02-29", YEAR, "2027-02-28", "2028-02-29"),
    ],
)
def test_a_term_is_whole_months_of_the_anchor(anchor: str, interval: Interval, starts: str, ends: str) -> None:
    term = term_from(date.fromisoformat(anchor), interval, midnight(starts), VILNIUS)
    assert (term.starts_at, term.ends_at) == (midnight(starts), midnight(ends))


def test_whole_months_between_two_boundaries() -> None:
    assert months_between(date(2026, 1, 1), midnight("2026-11-01"), midnight("2027-11-01"), VILNIUS) == 12
    assert months_between(date(2026, 1, 31), midnight("2026-02-28"), midnight("2026-03-31"), VILNIUS) == 1
    assert months_between(date(2026, 1, 1), midnight("2026-11-01"), midnight("2026-11-01"), VILNIUS) == 0


@pytest.mark.parametrize(
    ("prepaid", "unused", "expected"),
    [
        ("18000.00", 11, "16500.00"),
        ("18000.00", 0, "0.00"),
        ("18000.00", 12, "18000.00"),
        ("1000.00", 8, "666.64"),  # 4 parts of 83.34 were used, 8 of 83.33 are left
        ("1000.00", 9, "749.98"),
    ],
)
def test_unused_months_are_parts_that_add_up(prepaid: str, unused: int, expected: str) -> None:
    assert unused_part(Decimal(prepaid), 12, unused) == Decimal(expected)


@given(st.decimals(0, 50_000, places=2), st.integers(1, 12), st.data())
def test_used_and_unused_are_the_whole(prepaid: Decimal, months: int, data: st.DataObject) -> None:
    unused = data.draw(st.integers(0, months))
    used = unused_part(prepaid, months, months) - unused_part(prepaid, months, unused)
    assert used + unused_part(prepaid, months, unused) == prepaid
    assert used >= 0


WISHES = st.lists(
    st.tuples(st.integers(0, 900 * 86_400), st.sampled_from([MONTH, YEAR]), st.sampled_from("1234")), max_size=6
)
ANCHORS = st.sampled_from(
    [date(2026, 1, 1), date(2026, 1, 31), date(2024, 2, 29), date(2026, 11, 1), date(2026, 3, 30), date(2026, 10, 25)]
)


@settings(max_examples=60, deadline=None)
@given(ANCHORS, st.sampled_from([MONTH, YEAR]), WISHES)
def test_thirty_months_are_billed_day_by_day_exactly_once_at_the_plan_last_asked_for_in_time(
    anchor: date, interval: Interval, asked: list[tuple[int, Interval, str]]
) -> None:
    starts_at = day_starts_at(anchor, VILNIUS)
    wishes = sorted((starts_at + timedelta(seconds=seconds), each, plan) for seconds, each, plan in asked)
    months = _lived_by_the_rules(anchor, interval, wishes)
    billed = {day: plan for first, last, plan in months for day in _days(first, last)}
    assert sum((last - first).days for first, last, _plan in months) == len(billed)  # no day twice
    assert billed == _lived_day_by_day(anchor, interval, wishes)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days)]


def _lived_by_the_rules(
    anchor: date, interval: Interval, wishes: list[tuple[datetime, Interval, str]]
) -> list[tuple[date, date, str]]:
    """Months as the actions open them: terms by `term_from`, changes by `takes_effect_at`."""
    plan, lived, pending = "0", [], None
    term = term_from(anchor, interval, day_starts_at(anchor, VILNIUS), VILNIUS)
    month = period_containing(anchor, term.starts_at, VILNIUS)
    waiting = list(wishes)
    for _number in range(30):
        while waiting and waiting[0][0] < month.ends_at:
            _asked_at, wanted, code = waiting.pop(0)
            bound = pending[1] if pending is not None and pending[3] else interval
            span = term_from(anchor, YEAR, pending[0], VILNIUS) if pending is not None and pending[3] else term
            effective = takes_effect_at(bound, wanted, span, month)
            if effective == month.ends_at or not (pending is not None and pending[3]):
                pending = (effective, wanted, code, is_binding(bound, wanted))
        lived.append((legal_date(month.starts_at, VILNIUS), legal_date(month.ends_at, VILNIUS), plan))
        boundary = month.ends_at
        if pending is not None and pending[0] == boundary:
            _effective, interval, plan, _binding = pending
            pending, term = None, term_from(anchor, interval, boundary, VILNIUS)
        elif term.ends_at == boundary:
            term = term_from(anchor, interval, boundary, VILNIUS)
        month = period_containing(anchor, boundary, VILNIUS)
    return lived


def _lived_day_by_day(
    anchor: date, interval: Interval, wishes: list[tuple[datetime, Interval, str]]
) -> dict[date, str]:
    """Every day by itself, counting months on the fingers and asking for each midnight what was said before it."""
    plan, billed, day, count, left = "0", {}, anchor, 0, 1 if interval == MONTH else 12
    next_month, heard, wish = months_after(anchor, 1), 0, None
    while count < 30:
        if day == next_month:
            count, left = count + 1, left - 1
            next_month = months_after(anchor, count + 1)
            said, bound = [], False
            while heard < len(wishes) and wishes[heard][0].astimezone(VILNIUS).date() < day:
                said.append(wishes[heard])
                heard += 1
            for _moment, wanted, code in said:
                if interval == YEAR and wanted == YEAR:
                    wish, bound = (wanted, code, True), True
                elif (interval == YEAR and not bound) or interval == MONTH:
                    wish = (wanted, code, interval == MONTH)
            if wish is not None and (wish[2] or left == 0):
                interval, plan, _now = wish
                wish, left = None, 1 if interval == MONTH else 12
            elif left == 0:
                left = 1 if interval == MONTH else 12
            if count == 30:
                break
        billed[day] = plan
        day += timedelta(days=1)
    return billed


def test_the_hours_that_come_twice_or_never_move_no_boundary() -> None:
    assert midnight("2026-10-25") == datetime(2026, 10, 24, 21, tzinfo=UTC)
    assert midnight("2026-10-26") == datetime(2026, 10, 25, 22, tzinfo=UTC)
    assert midnight("2026-03-29") == datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert midnight("2026-03-30") == datetime(2026, 3, 29, 21, tzinfo=UTC)
