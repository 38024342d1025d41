"""A case is decided by a second person, by evidence, and takes effect no sooner than an owner could object."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.rules.cases import CaseKind, CaseState, Verdict, judge_decision, may_follow, takes_effect_at

VILNIUS = ZoneInfo("Europe/Vilnius")
FITS: dict[str, Any] = {
    "kind": CaseKind.ADMINISTRATOR_REPLACEMENT,
    "state": CaseState.OPENED,
    "granted": True,
    "opened_by": 1,
    "person_id": 2,
    "evidence": 1,
}


@pytest.mark.parametrize(
    ("different", "verdict"),
    [
        ({}, Verdict.ALLOWED),
        ({"person_id": 1}, Verdict.SECOND_PERSON_NEEDED),
        ({"person_id": 1, "granted": False}, Verdict.SECOND_PERSON_NEEDED),
        ({"evidence": 0}, Verdict.EVIDENCE_NEEDED),
        ({"evidence": 0, "granted": False}, Verdict.ALLOWED),
        ({"kind": CaseKind.ACCOUNT_TRANSFER, "evidence": 1}, Verdict.EVIDENCE_NEEDED),
        ({"kind": CaseKind.ACCOUNT_TRANSFER, "evidence": 2}, Verdict.ALLOWED),
        ({"state": CaseState.HELD}, Verdict.ALLOWED),
        ({"state": CaseState.GRANTED}, Verdict.OUT_OF_TURN),
        ({"state": CaseState.REFUSED}, Verdict.OUT_OF_TURN),
        ({"state": CaseState.DONE}, Verdict.OUT_OF_TURN),
    ],
)
def test_who_may_decide_and_by_what(different: dict[str, Any], verdict: Verdict) -> None:
    asked = FITS | different
    assert judge_decision(asked.pop("kind"), asked.pop("state"), **asked) is verdict


def test_a_case_that_is_over_goes_nowhere() -> None:
    for end in (CaseState.DONE, CaseState.REFUSED, CaseState.WITHDRAWN):
        assert not any(may_follow(end, each) for each in CaseState)
    assert not may_follow(CaseState.OPENED, CaseState.DONE)
    assert not may_follow(CaseState.HELD, CaseState.DONE)


@pytest.mark.parametrize(
    ("decided", "effect"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=VILNIUS)),  # Monday: after Thursday
        (datetime(2026, 11, 26, 9, 0, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=VILNIUS)),  # Thursday: over a weekend
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=VILNIUS)),  # Saturday
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=VILNIUS)),  # Tuesday in Vilnius
    ],
)
def test_it_takes_effect_when_three_business_days_have_passed(decided: datetime, effect: datetime) -> None:
    assert takes_effect_at(decided, VILNIUS) == effect


def test_a_later_day_that_was_wanted_holds_and_an_earlier_one_does_not() -> None:
    decided = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    later = datetime(2027, 1, 1, tzinfo=VILNIUS)
    assert takes_effect_at(decided, VILNIUS, wanted=later) == later
    assert takes_effect_at(decided, VILNIUS, wanted=decided) == datetime(2026, 11, 27, tzinfo=VILNIUS)
