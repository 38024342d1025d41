"""A second member of staff decides a case by its evidence."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import (
    CaseOutOfTurn,
    EvidenceNeeded,
    SecondDeciderNeeded,
    give_case_notice,
    held_case,
    move,
    require_staff,
    tell,
)
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Case
from accounts.rules.cases import CaseState, Verdict, judge_decision, takes_effect_at
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import Refusal

_REFUSALS: dict[Verdict, type[Refusal]] = {
    Verdict.OUT_OF_TURN: CaseOutOfTurn,
    Verdict.SECOND_PERSON_NEEDED: SecondDeciderNeeded,
    Verdict.EVIDENCE_NEEDED: EvidenceNeeded,
}


def decide_case(*, actor: Actor, case_id: str, granted: bool, now: datetime) -> Case:
    """The case, granted or refused; the customer reads the actor's reason (clauses C4, C12).

    What is granted takes effect after three business days, in which an owner can object. Raises `Forbidden` for
    anybody but staff, `ReasonNeeded`, `NotFound`, `CaseOutOfTurn`, `SecondDeciderNeeded`, `EvidenceNeeded`.
    """
    require_staff(actor)
    if not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        case = held_case(case_id)
        verdict = judge_decision(
            case.kind,
            case.state,
            granted=granted,
            opened_by=case.opened_by_id,
            person_id=int(actor.person),
            evidence=case.evidence.count(),
        )
        if verdict is not Verdict.ALLOWED:
            raise _REFUSALS[verdict]
        move(case, CaseState.GRANTED if granted else CaseState.REFUSED)
        case.decided_by_id, case.decided_by_name, case.decided_at = int(actor.person), actor.name, now
        case.decision_reason = actor.reason
        case.takes_effect_at = takes_effect_at(now, legal_zone(), wanted=case.wanted_at) if granted else None
        case.ended_at = None if granted else now
        case.save()
        until = {"takes_effect_at": case.takes_effect_at.isoformat()} if case.takes_effect_at else {}
        tell(actor, case, "case.granted" if granted else "case.refused", now=now, details=until)
        give_case_notice(case, "case.decided", now=now)
    return case
