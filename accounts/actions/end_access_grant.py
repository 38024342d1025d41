"""Writes down that an access grant is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._grants import give_grant_notice, held_grant, tell
from accounts.rules.grants import LIVING, GrantState, is_over
from kernel.actor import Actor


def end_access_grant(*, actor: Actor, grant_id: str, now: datetime) -> bool:
    """Whether it was ended now. A grant opens nothing after its time whether or not this has run (clause D7).

    Raises `NotFound` when there is no such grant.
    """
    with transaction.atomic():
        grant = held_grant(grant_id)
        if grant.state not in LIVING or not is_over(grant.terms, now=now):
            return False
        looked = grant.requested_at is not None
        grant.state, grant.ended_at, grant.ended_by_name = GrantState.ENDED.value, now, ""
        grant.save(update_fields=["state", "ended_at", "ended_by_name"])
        tell(actor, grant, "access.ended", now=now, details={"reads": grant.uses})
        if looked:
            give_grant_notice(grant, "access.ended", now=now)
    return True
