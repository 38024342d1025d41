"""Invites the new owner of a case once more, when the invitation has run out or was taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import CaseOutOfTurn, held_case, invite_new_owner, require_staff, tell
from accounts.models import Case
from accounts.rules.cases import CaseState
from kernel.actor import Actor


def invite_again(*, actor: Actor, case_id: str, now: datetime) -> Case:
    """The case, with a new invitation to the same address; the one before no longer works (clause C4).

    Raises `Forbidden` for anybody but staff, `NotFound`, `CaseOutOfTurn`.
    """
    require_staff(actor)
    with transaction.atomic():
        case = held_case(case_id)
        if case.state != CaseState.INVITED:
            raise CaseOutOfTurn
        case.invitation_id = invite_new_owner(case, now=now).id
        case.save(update_fields=["invitation_id"])
        tell(actor, case, "case.invited", now=now, details={"invitation": case.invitation_id})
    return case
