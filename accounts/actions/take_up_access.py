"""One of staff takes up a customer's offer of access; a second person decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._grants import GrantOutOfTurn, give_grant_notice, held_grant, require_staff, tell
from accounts.models import AccessGrant
from accounts.rules.grants import GrantState, is_over
from kernel.actor import Actor


def take_up_access(*, actor: Actor, grant_id: str, ticket: str, now: datetime) -> AccessGrant:
    """The grant, requested by this member of staff with a `ticket`, in the customer's own scope (clause D7).

    Raises `Forbidden` for anybody but staff, `NotFound`, `GrantOutOfTurn`.
    """
    require_staff(actor)
    with transaction.atomic():
        grant = held_grant(grant_id)
        if grant.state != GrantState.OFFERED or is_over(grant.terms, now=now):
            raise GrantOutOfTurn
        grant.state, grant.ticket = GrantState.REQUESTED.value, ticket
        grant.requested_by_id, grant.requested_by_name, grant.requested_at = int(actor.person), actor.name, now
        grant.save(update_fields=["state", "ticket", "requested_by", "requested_by_name", "requested_at"])
        tell(actor, grant, "access.requested", now=now, details={"ticket": ticket})
        give_grant_notice(grant, "access.requested", now=now)
    return grant
