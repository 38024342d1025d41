"""A second member of staff approves or refuses that a colleague looks at a customer's documents."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._grants import (
    GrantOutOfTurn,
    SecondApproverNeeded,
    give_grant_notice,
    held_grant,
    require_staff,
    tell,
)
from accounts.models import AccessGrant
from accounts.rules.grants import GrantState, end_of, is_over, may_decide
from kernel.actor import Actor


def decide_access(*, actor: Actor, grant_id: str, approved: bool, now: datetime) -> AccessGrant:
    """The grant, open from now for its hours, or refused (clause D7).

    Raises `Forbidden` for anybody but staff, `NotFound`, `GrantOutOfTurn`, and `SecondApproverNeeded` for who asked.
    """
    require_staff(actor)
    with transaction.atomic():
        grant = held_grant(grant_id)
        if grant.state != GrantState.REQUESTED or is_over(grant.terms, now=now):
            raise GrantOutOfTurn
        if not may_decide(grant.terms, person_id=int(actor.person)):
            raise SecondApproverNeeded
        grant.decided_by_id, grant.decided_by_name, grant.decided_at = int(actor.person), actor.name, now
        if approved:
            grant.state, grant.starts_at, grant.ends_at = GrantState.GRANTED.value, now, end_of(now, grant.hours)
        else:
            grant.state, grant.ended_at, grant.ended_by_name = GrantState.REFUSED.value, now, actor.name
        grant.save()
        facts = {"until": grant.ends_at.isoformat()} if grant.ends_at else {}
        event = "access.granted" if approved else "access.refused"
        tell(actor, grant, event, now=now, details={"requested_by": grant.requested_by_name, **facts})
        give_grant_notice(grant, "access.granted" if approved else "access.ended", now=now)
    return grant
