"""When a contract ends and what follows (clauses B12, B14, C6, C7, C8, D3, D4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.endings import (
    AT_ONCE,
    ERASED_WITHIN_DAYS,
    EXPORT_DAYS,
    Ground,
    bookkeeping_kept_until,
    customers_end,
    dates,
    day_begins,
    is_only_announced,
    may_be_carried_out,
    months_later,
    operators_end,
    refund_from,
)
from privacy.catalogue import RULE
from privacy.rules.retention import Span, due_on

VILNIUS = ZoneInfo("Europe/Vilnius")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def at(text: str) -> datetime:
    """A moment on the operator's wall."""
    return datetime.fromisoformat(text).replace(tzinfo=VILNIUS)


def ends(ground: Ground, noticed_on: date) -> datetime:
    return operators_end(ground, noticed_on=noticed_on, zone=VILNIUS, now=datetime(2020, 1, 1, tzinfo=UTC)).ends_at


def test_a_customer_keeps_access_to_the_end_of_what_it_paid_for() -> None:
    paid_until = at("2026-12-01T00:00")
    found = customers_end(at_once=False, paid_until=paid_until, zone=VILNIUS, now=NOW)
    assert found.ends_at == paid_until
    assert found.erase_by == at("2026-12-07T00:00")


@pytest.mark.parametrize(
    ("end", "erased"),
    [
        ("2026-12-01T00:00", "2026-12-07T00:00"),
        ("2026-12-01T23:59:59.999999", "2026-12-07T00:00"),
        ("2026-12-02T00:00", "2026-12-08T00:00"),
        ("2027-03-24T10:00", "2027-03-30T00:00"),  # the clock is put forward on the 28th
        ("2026-10-20T00:00", "2026-10-26T00:00"),  # and put back on the 25th
        ("2028-02-25T12:00", "2028-03-02T00:00"),  # a leap day between
        ("2027-12-30T12:00", "2028-01-05T00:00"),
    ],
)
def test_the_content_goes_after_five_whole_days_of_export(end: str, erased: str) -> None:
    assert dates(at(end), VILNIUS).erase_by == at(erased)


@given(end=st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)))  # noqa: DTZ001 - made aware below
def test_it_goes_within_seven_days_and_when_the_engine_says_so(end: datetime) -> None:
    moment = end.replace(tzinfo=UTC)
    erased = dates(moment, VILNIUS).erase_by
    assert timedelta(days=5) < erased - moment <= timedelta(days=6, hours=1) < timedelta(days=ERASED_WITHIN_DAYS)
    assert erased == day_begins(due_on(RULE["content"], moment.astimezone(VILNIUS).date()), VILNIUS)


def test_the_promise_is_seven_days() -> None:
    assert ERASED_WITHIN_DAYS == 7
    assert RULE["content"].period == Span(days=EXPORT_DAYS)


def test_a_customer_may_end_at_once_and_one_without_a_plan_does() -> None:
    assert customers_end(at_once=True, paid_until=at("2026-12-01T00:00"), zone=VILNIUS, now=NOW).ends_at == NOW
    assert customers_end(at_once=False, paid_until=None, zone=VILNIUS, now=NOW).ends_at == NOW


def test_paid_time_that_is_over_ends_nothing_in_the_past() -> None:
    assert customers_end(at_once=False, paid_until=NOW - MICROSECOND, zone=VILNIUS, now=NOW).ends_at == NOW


@pytest.mark.parametrize(
    ("noticed_on", "end"),
    [
        (date(2026, 1, 15), "2026-07-16T00:00"),
        (date(2026, 8, 31), "2027-03-01T00:00"),  # six months later there is no 31st: the last of February
        (date(2027, 8, 31), "2028-03-01T00:00"),  # nor in a leap year
        (date(2026, 9, 28), "2027-03-29T00:00"),  # the clock is put forward on that 28th
        (date(2026, 4, 24), "2026-10-25T00:00"),  # and put back on that 25th, an hour after it began
        (date(2026, 6, 30), "2026-12-31T00:00"),
    ],
)
def test_the_operator_gives_six_whole_months(noticed_on: date, end: str) -> None:
    assert ends(Ground.NOTICE, noticed_on) == at(end)


@pytest.mark.parametrize(
    ("ground", "days"), [(Ground.BREACH, 30), (Ground.INSOLVENCY, 60)], ids=["breach", "insolvency"]
)
@given(noticed_on=st.dates(date(2026, 1, 1), date(2036, 1, 1)))
def test_what_can_be_cured_has_whole_legal_days_for_it(ground: Ground, days: int, noticed_on: date) -> None:
    end = ends(ground, noticed_on)
    last_moment = (end - MICROSECOND).astimezone(VILNIUS)
    assert last_moment.date() == noticed_on + timedelta(days=days)
    assert end.astimezone(VILNIUS).date() == noticed_on + timedelta(days=days + 1)
    assert is_only_announced(ground)


@pytest.mark.parametrize("ground", sorted(AT_ONCE | {Ground.WINDING_UP}))
def test_prohibited_content_abuse_resale_sanctions_and_a_winding_up_end_at_once(ground: Ground) -> None:
    assert operators_end(ground, noticed_on=date(2026, 11, 23), zone=VILNIUS, now=NOW).ends_at == NOW
    assert not is_only_announced(ground)


def test_the_operator_has_no_wish() -> None:
    with pytest.raises(ValueError, match="wish"):
        operators_end(Ground.WISH, noticed_on=date(2026, 11, 23), zone=VILNIUS, now=NOW)


def test_an_end_comes_with_its_first_instant() -> None:
    end = at("2026-12-01T00:00")
    assert [may_be_carried_out(end, end + step) for step in (-MICROSECOND, timedelta(), MICROSECOND)] == [
        False,
        True,
        True,
    ]


def test_what_was_prepaid_beyond_the_operators_end_is_given_back() -> None:
    end = at("2027-05-24T00:00")
    assert refund_from(end + MICROSECOND, end) == end
    assert refund_from(end, end) is None
    assert refund_from(None, end) is None


@pytest.mark.parametrize(
    ("end", "until"),
    [("2027-01-01T00:00", date(2036, 12, 31)), ("2027-01-01T00:01", date(2037, 12, 31))],
    ids=["with the year", "a minute later"],
)
def test_bookkeeping_is_kept_ten_years_from_the_end_of_the_year(end: str, until: date) -> None:
    assert bookkeeping_kept_until(at(end), VILNIUS) == until


@given(day=st.dates(date(2020, 1, 1), date(2040, 1, 1)), months=st.integers(0, 24))
def test_months_later_is_never_in_another_month(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
