"""Seventy-two hours, to the second; and whom a breach has to be told to before it may be closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from privacy.rules.breaches import (
    BreachFacts,
    Missing,
    due_at,
    is_late,
    missing,
    must_tell_authority,
    reminders_due,
)

AWARE = datetime(2026, 3, 27, 10, 0, tzinfo=UTC)  # two days before the clocks change in Vilnius
DUE = datetime(2026, 3, 30, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FACTS = BreachFacts(AWARE)


def test_the_72_hours_are_hours_and_no_change_of_the_clocks_moves_them() -> None:
    assert due_at(AWARE) == DUE == AWARE + timedelta(seconds=72 * 3600)


@pytest.mark.parametrize(("told", "late"), [(DUE - SECOND, False), (DUE, False), (DUE + SECOND, True)])
def test_reasons_for_a_delay_are_needed_after_the_last_second(told: datetime, late: bool) -> None:
    assert is_late(AWARE, told) is late


@pytest.mark.parametrize(
    ("at", "given", "due"),
    [
        (DUE - timedelta(hours=24) - SECOND, [], []),
        (DUE - timedelta(hours=24), [], ["24_hours"]),
        (DUE - timedelta(hours=24), ["24_hours"], []),
        (DUE - timedelta(hours=6) - SECOND, ["24_hours"], []),
        (DUE - timedelta(hours=6), ["24_hours"], ["6_hours"]),
        (DUE - timedelta(hours=6), [], ["6_hours"]),  # recorded late: one mail, not two
        (DUE - SECOND, ["24_hours", "6_hours"], []),
        (DUE, ["24_hours", "6_hours"], ["overdue"]),
        (DUE + timedelta(days=9), [], ["overdue"]),
        (DUE + timedelta(days=9), ["overdue"], []),
    ],
)
def test_staff_are_reminded_24_and_6_hours_before_and_when_it_is_overdue(
    at: datetime, given: list[str], due: list[str]
) -> None:
    assert reminders_due(FACTS, given=given, now=at) == due


@pytest.mark.parametrize(
    ("facts", "must"),
    [
        (FACTS, True),
        (replace(FACTS, risk="risk"), True),
        (replace(FACTS, risk="high"), True),
        (replace(FACTS, risk="unlikely"), False),
        (replace(FACTS, risk="risk", authority_told_at=DUE), False),
        (replace(FACTS, closed=True), False),
    ],
)
def test_the_clock_runs_until_the_authority_is_told_or_need_not_be(facts: BreachFacts, must: bool) -> None:
    assert must_tell_authority(facts) is must
    assert bool(reminders_due(facts, given=[], now=DUE)) is must


HIGH = replace(FACTS, risk="high", authority_told_at=DUE, people_told_at=DUE)


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        (FACTS, [Missing.ASSESSMENT, Missing.AUTHORITY]),
        (replace(FACTS, risk="unlikely"), []),
        (replace(FACTS, risk="risk"), [Missing.AUTHORITY]),
        (replace(FACTS, risk="risk", authority_told_at=DUE), []),
        (replace(FACTS, risk="risk", authority_told_at=DUE + SECOND), [Missing.REASONS_FOR_DELAY]),
        (replace(FACTS, risk="risk", authority_told_at=DUE + SECOND, delay_reasons="A storm"), []),
        (HIGH, []),
        (replace(HIGH, people_told_at=None), [Missing.PEOPLE]),
        (replace(HIGH, people_told_at=None, people_reason="Encrypted"), []),
        (replace(HIGH, risk="risk", people_told_at=None), []),
        (replace(HIGH, of_customers=True), [Missing.CUSTOMERS]),
        (replace(HIGH, of_customers=True, customers_told=1), []),
    ],
)
def test_what_is_missing_before_a_breach_is_closed(facts: BreachFacts, left: list[Missing]) -> None:
    assert missing(facts) == left
