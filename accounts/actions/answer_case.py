"""An owner agrees to what staff have granted, or objects to it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import CaseOutOfTurn, held_case, move, tell
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Case
from accounts.rules.cases import CaseState
from kernel.actor import Actor


def answer_case(*, actor: Actor, case_id: str, agrees: bool, objection: str, now: datetime) -> Case:
    """The case: it need not wait any longer, or it is held until staff decide about the `objection` (clause C4).

    Raises `Forbidden` for anybody but an owner, `NotFound` for a stranger's, `CaseOutOfTurn`, and `ReasonNeeded`.
    """
    actor.require("owner.appoint")
    if not agrees and not objection.strip():
        raise ReasonNeeded
    with transaction.atomic():
        case = held_case(case_id, customer_id=actor.customer)
        if case.state != CaseState.GRANTED or case.takes_effect_at is None:
            raise CaseOutOfTurn
        if agrees:
            case.takes_effect_at = min(case.takes_effect_at, max(now, case.wanted_at or now))
        else:
            move(case, CaseState.HELD)
            case.takes_effect_at = None
            case.objection, case.objected_by_name = objection.strip()[:4000], actor.name
        case.save(update_fields=["state", "takes_effect_at", "objection", "objected_by_name"])
        facts = {} if agrees else {"objection": case.objection}
        tell(actor, case, "case.agreed" if agrees else "case.objected", now=now, details=facts)
    return case
