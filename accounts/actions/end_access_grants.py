"""Writes down which access grants are over, and tells customers what an order forbade to tell before."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._grants import give_grant_notice, held_grant, tell
from accounts.models import AccessGrant
from accounts.rules.grants import LIVING, GrantState, is_over
from kernel.actor import Actor


def end_access_grants(*, actor: Actor, now: datetime) -> int:
    """How many were ended. A grant opens nothing after its time whether or not this has run (clause D7).

    Safe to run twice.
    """
    ended = 0
    for grant_id in AccessGrant.objects.filter(state__in=[each.value for each in LIVING]).values_list("id", flat=True):
        ended += _end(actor, grant_id, now)
    for grant_id in AccessGrant.objects.filter(silent_until__lte=now).values_list("id", flat=True):
        _disclose(actor, grant_id, now)
    return ended


def _end(actor: Actor, grant_id: str, now: datetime) -> bool:
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


def _disclose(actor: Actor, grant_id: str, now: datetime) -> None:
    """The customer is told of each page, once the order allows it (clause D8)."""
    with transaction.atomic():
        grant = held_grant(grant_id)
        if grant.silent_until is None:
            return
        pages = [
            {"at": each.at.isoformat(), "page": each.page, "document": each.seal_id}
            for each in grant.reads.order_by("id")
        ]
        grant.silent_until = None
        grant.save(update_fields=["silent_until"])
        facts = {"authority": grant.authority, "order_reference": grant.order_reference, "pages": pages}
        tell(actor, grant, "access.disclosed", now=now, details=facts)
        give_grant_notice(grant, "access.disclosed", now=now)
