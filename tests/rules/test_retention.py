"""Nothing outlives its period, nothing goes before it, and who is concerned is told first."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.audit_periods import Retention
from privacy.catalogue import RULE, RULES
from privacy.rules.audit_periods import AUDIT_RULES
from privacy.rules.retention import (
    Method,
    RetentionRule,
    Span,
    Start,
    clocks_disagree,
    due_on,
    earliest_act_on,
    is_silent,
    last_day_gone,
    notice_due,
    notices_on,
    promised_on,
    run_is_suspicious,
    watched_since,
    with_period,
)

DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("key", "event", "due"),
    [
        ("content", date(2026, 11, 28), date(2026, 12, 4)),  # D3: within 7 days, and a day to spare
        ("person", date(2026, 11, 28), date(2026, 12, 4)),
        ("bookkeeping", date(2026, 1, 1), date(2037, 1, 1)),  # D4: ten years after the end of 2026
        ("bookkeeping", date(2026, 12, 31), date(2037, 1, 1)),
        ("bookkeeping", date(2027, 1, 1), date(2038, 1, 1)),
        ("activity", date(2026, 11, 28), date(2027, 2, 27)),  # D5: the 90th day after it is kept
        ("hosted_audit", date(2026, 8, 31), date(2028, 3, 1)),  # 18 months: 29 February is the last day
        ("consent", date(2028, 2, 29), date(2029, 3, 1)),  # D2: 12 months
        ("unfinished_account", date(2026, 11, 28), date(2027, 2, 27)),  # 90 days
        ("inactive_account", date(2026, 11, 28), date(2028, 11, 29)),  # C9
        ("downgrade_excess", date(2026, 8, 31), date(2027, 3, 1)),  # B11: 6 calendar months
        ("backup", date(2026, 11, 28), date(2026, 12, 29)),  # E9
        ("upgrade_copy", date(2026, 11, 28), date(2026, 11, 30)),
        ("expired", date(2026, 11, 28), date(2026, 11, 30)),
        ("webhook_log", date(2026, 11, 1), date(2026, 12, 2)),
        ("timestamp_log", date(2026, 1, 1), date(2027, 2, 6)),
        ("contact_message", date(2028, 2, 29), date(2029, 3, 1)),
        ("rights_request", date(2028, 2, 29), date(2031, 3, 1)),
        ("rights_export", date(2026, 11, 28), date(2026, 12, 6)),
    ],
)
def test_each_class_goes_on_its_day(key: str, event: date, due: date) -> None:
    assert due_on(RULE[key], event) == due


@pytest.mark.parametrize(
    ("key", "event", "promised"),
    [
        ("content", date(2026, 11, 28), date(2026, 12, 5)),  # D3: six whole days, a day after the engine's
        ("bookkeeping", date(2026, 1, 1), date(2037, 1, 1)),  # floor, period and ceiling are one
        ("hosted_audit", date(2026, 8, 31), date(2028, 3, 1)),  # the ceiling is for customers who choose
        ("inactive_account", date(2026, 11, 28), date(2028, 11, 29)),  # none
    ],
)
def test_what_is_promised_is_the_ceiling(key: str, event: date, promised: date) -> None:
    assert promised_on(RULE[key], event) == promised


@pytest.mark.parametrize(
    ("chosen", "due"),
    [
        (Span(months=17), date(2027, 7, 16)),  # the floor of 18 months holds
        (Span(months=18), date(2027, 7, 16)),
        (Span(months=24), date(2028, 1, 16)),
        (Span(years=11), date(2036, 1, 16)),  # the ceiling of 10 years holds
    ],
)
def test_a_customers_own_period_holds_between_floor_and_ceiling(chosen: Span, due: date) -> None:
    assert due_on(RULE["hosted_audit"], date(2026, 1, 15), chosen=chosen) == due


def test_nobody_chooses_a_period_where_the_rule_allows_none() -> None:
    event = date(2026, 1, 15)
    assert due_on(RULE["activity"], event, chosen=Span(years=5)) == due_on(RULE["activity"], event)


def test_notices_count_back_from_the_due_date() -> None:
    assert notices_on(RULE["inactive_account"], date(2028, 11, 29)) == {
        90: date(2028, 8, 31),
        30: date(2028, 10, 30),
        7: date(2028, 11, 22),
    }


NOTICED = RetentionRule(
    key="x",
    words="",
    start=Start.EVENT,
    period=Span(days=1),
    methods=(Method.DELETE_ROWS,),
    clause="",
    notice_days=(30, 7),
)


@pytest.mark.parametrize(
    ("given_on", "act_on"),
    [
        ({}, None),
        ({30: date(2026, 11, 1)}, None),
        ({30: date(2026, 11, 1), 7: date(2026, 11, 24)}, date(2026, 12, 1)),
        ({30: date(2026, 11, 1), 7: date(2026, 11, 25)}, date(2026, 12, 2)),  # told a day late: gone a day late
        ({30: date(2026, 11, 2), 7: date(2026, 11, 24)}, date(2026, 12, 2)),  # the first one, too
        ({30: date(2026, 10, 1), 7: date(2026, 11, 1)}, date(2026, 12, 1)),
    ],
)
def test_nothing_goes_before_those_concerned_were_told(given_on: dict[int, date], act_on: date | None) -> None:
    assert earliest_act_on(NOTICED, date(2026, 12, 1), given_on.items()) == act_on


@pytest.mark.parametrize(
    ("given_on", "today", "expected"),
    [
        ({}, date(2026, 10, 31), None),
        ({}, date(2026, 11, 1), (30, date(2026, 12, 1))),
        ({}, date(2026, 11, 3), (30, date(2026, 12, 3))),  # late: the act moves, and so does the last notice
        ({30: date(2026, 11, 3)}, date(2026, 11, 25), None),
        ({30: date(2026, 11, 3)}, date(2026, 11, 26), (7, date(2026, 12, 3))),
        ({30: date(2026, 11, 1)}, date(2026, 12, 24), (7, date(2026, 12, 31))),
        ({30: date(2026, 11, 1), 7: date(2026, 11, 24)}, date(2026, 12, 24), None),
    ],
)
def test_a_notice_is_given_on_its_day_and_tells_when_it_goes(
    given_on: dict[int, date], today: date, expected: tuple[int, date] | None
) -> None:
    assert notice_due(NOTICED, date(2026, 12, 1), given_on.items(), today) == expected


def test_every_rule_is_pinned_by_a_row() -> None:
    (table,) = [mark.args[1] for mark in test_each_class_goes_on_its_day.pytestmark]  # type: ignore[attr-defined]
    assert {row[0] for row in table} == set(RULE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_period_a_day_longer_or_shorter_is_another_date(rule: RetentionRule) -> None:
    event = date(2026, 11, 28)
    for days in (-1, 1):
        other = replace(rule.period, days=rule.period.days + days)
        changed = replace(rule, period=other, floor=None, ceiling=None)
        assert due_on(changed, event) == due_on(rule, event) + timedelta(days=days)


def test_a_tried_period_counts_whatever_floor_and_ceiling_say() -> None:
    event = date(2026, 11, 28)
    assert due_on(with_period(RULE["hosted_audit"], 3), event) == date(2026, 12, 2)
    assert due_on(with_period(RULE["consent"], 400), event) == event + timedelta(days=401)


HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("apart", "expected"),
    [(HOUR, False), (-HOUR, False), (HOUR + timedelta(seconds=1), True), (-HOUR - timedelta(seconds=1), True)],
)
def test_clocks_an_hour_apart_stop_the_engine(apart: timedelta, expected: bool) -> None:
    assert clocks_disagree(NOON, NOON + apart) is expected


@pytest.mark.parametrize(
    ("since", "silent"),
    [(None, True), (timedelta(minutes=30), False), (timedelta(minutes=30, seconds=1), True)],
)
def test_an_engine_is_silent_after_two_turns(since: timedelta | None, silent: bool) -> None:
    assert is_silent(since and NOON - since, NOON) is silent


@pytest.mark.parametrize(
    ("key", "today", "since"),
    [
        ("inactive_account", date(2026, 8, 1), date(2024, 11, 30)),  # 90 and 31 days before its two years
        ("inactive_account", date(2026, 8, 2), date(2024, 12, 1)),
        ("person", date(2026, 11, 28), date(2026, 12, 24)),  # no notices: a month
    ],
)
def test_what_hears_of_it_within_a_month_is_looked_at(key: str, today: date, since: date) -> None:
    assert watched_since(RULE[key], today) == since


def test_a_rule_without_notices_acts_on_the_day() -> None:
    assert earliest_act_on(RULE["activity"], date(2026, 12, 1), ()) == date(2026, 12, 1)


@given(event=DAYS, rule=st.sampled_from(RULES))
def test_a_later_event_is_never_due_earlier(event: date, rule: RetentionRule) -> None:
    assert due_on(rule, event) <= due_on(rule, event + timedelta(days=1))
    assert due_on(rule, event) > event


@pytest.mark.parametrize(
    ("planned", "population", "earlier", "suspicious"),
    [
        (20, 20, [], False),  # few
        (21, 210, [], False),
        (22, 219, [], True),  # more than 10 %
        (100, 10_000, [20, 20, 20], False),
        (100, 10_000, [20] * 7, False),
        (101, 10_000, [20] * 7, True),  # more than 5 times the median
        (101, 10_000, [20] * 6, False),  # less than a week says nothing yet
        (101, 10_000, [1, 1, 1, 25, 90, 90, 90], False),
        (101, 10_000, [0, 0, 0, *[20] * 7], True),
        (101, 10_000, [0, *[20] * 6], False),  # days without anything say nothing
        (100, 150, [50] * 7, False),  # a class of a short period loses much every day
        (101, 150, [50] * 7, True),
        (100, 150, [50] * 6, True),
    ],
)
def test_a_run_that_would_erase_unusually_much_waits(
    planned: int, population: int, earlier: list[int], suspicious: bool
) -> None:
    assert run_is_suspicious(planned, population, earlier) is suspicious


@pytest.mark.parametrize(
    ("days", "planned", "population", "suspicious"),
    [
        (1, 40, 200, False),  # nothing missed: give or take as much again
        (1, 41, 200, True),
        (1, 100, 10_000, False),
        (1, 101, 10_000, True),
        (2, 60, 200, False),  # a day missed, a usual day more
        (2, 61, 200, True),
        (2, 120, 10_000, False),
        (2, 121, 10_000, True),
        (7, 220, 10_000, False),
        (7, 221, 10_000, True),
        (14, 300, 1_000, False),  # a fortnight
        (14, 301, 1_000, True),
        (14, 360, 10_000, False),
        (14, 361, 10_000, True),
        (15, 360, 10_000, False),  # more than a fortnight counts as one: that may be a wrong clock
        (15, 361, 10_000, True),
        (400, 361, 10_000, True),
    ],
)
def test_what_the_engine_missed_is_not_unusual(days: int, planned: int, population: int, suspicious: bool) -> None:
    assert run_is_suspicious(planned, population, [20] * 7, days=days) is suspicious
    assert run_is_suspicious(planned, population, [20] * 6, days=days) is (planned * 10 > population)


@pytest.mark.parametrize("begins", range(7))
@pytest.mark.parametrize("keeps", [30, 90, 400])
@pytest.mark.parametrize(
    "week", [(200, 200, 200, 200, 200, 10, 10), (60, 60, 60, 60, 60, 60, 60), (1, 1, 1, 1, 1, 1, 1)]
)
def test_a_steady_installation_is_never_braked(begins: int, keeps: int, week: tuple[int, ...]) -> None:
    """120 days on which something goes, from the first on, whatever the day of the week it began; first runs too."""
    made = [week[(begins + day) % 7] for day in range(keeps + 120)]
    gone: list[int] = []
    for today in range(keeps + 1, len(made)):
        planned, population = made[today - keeps - 1], sum(made[today - keeps - 1 : today])
        assert not run_is_suspicious(planned, population, gone[-60:])
        gone.append(planned)


def test_what_runs_out_is_exempt_from_the_brake_for_a_reason() -> None:
    assert {rule.key for rule in RULES if rule.unbraked} == {"expired", "rights_export"}


@pytest.mark.parametrize(
    ("today", "gone"),
    [
        (date(2027, 11, 28), date(2026, 11, 27)),
        (date(2027, 11, 29), date(2026, 11, 28)),
        (date(2028, 2, 29), date(2027, 2, 28)),
        (date(2029, 2, 28), date(2028, 2, 27)),
        (date(2029, 3, 1), date(2028, 2, 29)),
    ],
)
def test_what_was_given_twelve_whole_months_ago_is_gone(today: date, gone: date) -> None:
    assert last_day_gone(RULE["consent"], today) == gone


@given(rule=st.sampled_from(RULES), today=DAYS)
def test_the_last_day_gone_is_due_and_the_next_is_not(rule: RetentionRule, today: date) -> None:
    gone = last_day_gone(rule, today)
    assert due_on(rule, gone) <= today < due_on(rule, gone + timedelta(days=1))


def test_ten_years_are_not_counted_day_by_day(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[date] = []

    def counted(rule: RetentionRule, event: date, *, chosen: Span | None = None) -> date:
        looked_at.append(event)
        return due_on(rule, event, chosen=chosen)

    monkeypatch.setattr("privacy.rules.retention.due_on", counted)
    assert last_day_gone(RULE["bookkeeping"], date(2038, 1, 1)) == date(2027, 12, 31)
    assert len(looked_at) <= 25


@pytest.mark.parametrize(
    ("retention", "rule", "due"),
    [
        (Retention.ACTIVITY, "activity", date(2027, 2, 27)),
        (Retention.HOSTED, "hosted_audit", date(2028, 5, 29)),
        (Retention.HOSTED_5, "hosted_audit", date(2031, 11, 29)),
        (Retention.HOSTED_10, "hosted_audit", date(2036, 11, 29)),
        (Retention.PLATFORM, "hosted_audit", date(2028, 5, 29)),
    ],
)
def test_each_class_of_the_audit_trail_goes_by_its_rule_and_the_chosen_period(
    retention: Retention, rule: str, due: date
) -> None:
    key, chosen = AUDIT_RULES[retention]
    assert (key, due_on(RULE[key], date(2026, 11, 28), chosen=chosen)) == (rule, due)
    assert AUDIT_RULES.keys() == set(Retention)
