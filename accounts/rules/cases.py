"""Cases: what staff decide for a customer by evidence, two of them, and never from one moment to the next (C4, C12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

WAITING_BUSINESS_DAYS = 3
LARGEST_EVIDENCE = 20 * 1024 * 1024
"""Bytes of one file."""


class CaseKind(StrEnum):
    ADMINISTRATOR_REPLACEMENT = "administrator_replacement"
    ACCOUNT_TRANSFER = "account_transfer"


class CaseState(StrEnum):
    """`granted` waits until it takes effect; `held` because an owner objects; `invited` until the new owner joins."""

    OPENED = "opened"
    GRANTED = "granted"
    HELD = "held"
    INVITED = "invited"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class OldOwners(StrEnum):
    """What becomes of those who were owners before."""

    END = "end"
    ADMINISTRATOR = "administrator"
    KEEP = "keep"


# A transfer needs the written consent of both entities (C12).
EVIDENCE_NEEDED = {CaseKind.ADMINISTRATOR_REPLACEMENT: 1, CaseKind.ACCOUNT_TRANSFER: 2}
OPEN = frozenset({CaseState.OPENED, CaseState.GRANTED, CaseState.HELD, CaseState.INVITED})
_NEXT: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPENED: frozenset({CaseState.GRANTED, CaseState.REFUSED, CaseState.WITHDRAWN}),
    CaseState.GRANTED: frozenset({CaseState.HELD, CaseState.INVITED, CaseState.DONE, CaseState.WITHDRAWN}),
    CaseState.HELD: frozenset({CaseState.GRANTED, CaseState.REFUSED, CaseState.WITHDRAWN}),
    CaseState.INVITED: frozenset({CaseState.DONE, CaseState.WITHDRAWN}),
}


def may_follow(state: str, next_state: CaseState) -> bool:
    """Whether a case in `state` may go on to `next_state`."""
    return next_state in _NEXT.get(CaseState(state), frozenset())


class Verdict(StrEnum):
    ALLOWED = "allowed"
    OUT_OF_TURN = "out_of_turn"
    SECOND_PERSON_NEEDED = "second_person_needed"
    EVIDENCE_NEEDED = "evidence_needed"


def judge_decision(kind: str, state: str, *, granted: bool, opened_by: int, person_id: int, evidence: int) -> Verdict:
    """Whether this member of staff may decide so: a second person, and nothing is granted without enough evidence.

    `evidence` is the number of its files.
    """
    if not may_follow(state, CaseState.GRANTED if granted else CaseState.REFUSED):
        return Verdict.OUT_OF_TURN
    if opened_by == person_id:
        return Verdict.SECOND_PERSON_NEEDED
    enough = evidence >= EVIDENCE_NEEDED[CaseKind(kind)]
    return Verdict.ALLOWED if enough or not granted else Verdict.EVIDENCE_NEEDED


def takes_effect_at(decided_at: datetime, zone: ZoneInfo, *, wanted: datetime | None = None) -> datetime:
    """Midnight after the third business day that follows the decision, or the later day that was `wanted`.

    Until then an owner can object. Saturdays and Sundays do not count; times of day are those of `zone`.
    """
    day, left = decided_at.astimezone(zone).date(), WAITING_BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    end = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
    return max(end, wanted) if wanted else end
