"""Nothing outlives its period, nothing goes before it, and who is concerned is told first."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.catalogue import RULE, RULES
from privacy.rules.retention import (
    Method,
    RetentionRule,
    Span,
    Start,
    due_on,
    earliest_act_on,
    last_day_gone,
    notices_on,
    run_is_suspicious,
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
        ({30: date(2026, 11, 30), 7: date(2026, 11, 20)}, date(2026, 12, 1)),
    ],
)
def test_nothing_goes_before_those_concerned_were_told(given_on: dict[int, date], act_on: date | None) -> None:
    assert earliest_act_on(NOTICED, date(2026, 12, 1), given_on.items()) == act_on


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
        (101, 10_000, [20, 20, 20], True),  # more than 5 times the median
        (101, 10_000, [1, 25, 90], False),
    ],
)
def test_a_run_that_would_erase_unusually_much_waits(
    planned: int, population: int, earlier: list[int], suspicious: bool
) -> None:
    assert run_is_suspicious(planned, population, earlier) is suspicious


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
