"""Ends an access grant at once, whatever state it is in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._grants import GrantOutOfTurn, give_grant_notice, held_grant, tell
from accounts.models import AccessGrant
from accounts.rules.grants import LIVING, Basis, GrantState, is_silent
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound


def revoke_access(*, actor: Actor, grant_id: str, now: datetime) -> AccessGrant:
    """The grant, over: the next page of staff is refused, and so is the rest of a file that is being sent (clause D7).

    For staff, and for who may grant access at the customer, unless an authority ordered it. Raises `Forbidden`,
    `NotFound` for a stranger's and for one the customer may not know of yet, `GrantOutOfTurn` when it is over already.
    """
    actor.require("access.grant")
    with transaction.atomic():
        grant = held_grant(grant_id, customer_id=None if actor.kind == "staff" else actor.customer)
        if actor.kind != "staff":
            if is_silent(grant.terms, now=now):
                raise NotFound
            if grant.basis != Basis.CUSTOMER_REQUEST:
                raise Forbidden
        if grant.state not in LIVING:
            raise GrantOutOfTurn
        looked = grant.requested_at is not None
        grant.state, grant.ended_at, grant.ended_by_name = GrantState.REVOKED.value, now, actor.name
        grant.save(update_fields=["state", "ended_at", "ended_by_name"])
        tell(actor, grant, "access.revoked", now=now, details={"reads": grant.uses})
        if looked:
            give_grant_notice(grant, "access.ended", now=now)
    return grant
