"""Tells a customer of the access by order that could not be told before."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._grants import give_grant_notice, held_grant, tell
from kernel.actor import Actor


def disclose_access(*, actor: Actor, grant_id: str, now: datetime) -> bool:
    """Tell of each page that was opened, once the order allows it (clause D8); returns whether it was told now.

    Raises `NotFound` when there is no such grant.
    """
    with transaction.atomic():
        grant = held_grant(grant_id)
        if grant.silent_until is None or grant.silent_until > now:
            return False
        pages = [
            {"at": each.at.isoformat(), "page": each.page, "document": each.seal_id}
            for each in grant.reads.order_by("id")
        ]
        grant.silent_until = None
        grant.save(update_fields=["silent_until"])
        facts = {"authority": grant.authority, "order_reference": grant.order_reference, "pages": pages}
        tell(actor, grant, "access.disclosed", now=now, details=facts)
        give_grant_notice(grant, "access.disclosed", now=now)
    return True
