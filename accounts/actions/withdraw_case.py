"""Ends a case without a change: who asked has taken it back, or it came to nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import give_case_notice, held_case, move, require_staff, tell
from accounts.models import Case, Invitation
from accounts.rules.cases import CaseState
from kernel.actor import Actor


def withdraw_case(*, actor: Actor, case_id: str, now: datetime) -> Case:
    """The case, withdrawn; an invitation that was made for it no longer works.

    Raises `Forbidden` for anybody but staff, `NotFound`, `CaseOutOfTurn`.
    """
    require_staff(actor)
    with transaction.atomic():
        case = held_case(case_id)
        move(case, CaseState.WITHDRAWN)
        Invitation.objects.unused().filter(id=case.invitation_id).update(revoked_at=now)
        case.decision_reason, case.ended_at = actor.reason, now
        case.save(update_fields=["state", "decision_reason", "ended_at"])
        tell(actor, case, "case.withdrawn", now=now)
        give_case_notice(case, "case.decided", now=now)
    return case
