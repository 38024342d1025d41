"""Lets a timestamp authority rest because staff say so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from trust.models import TimestampAuthority

RESTS_FOR = timedelta(hours=1)


def rest_timestamp_authority(*, actor: Actor, authority_id: str, now: datetime) -> None:
    """Ask an authority nothing for an hour, not even a probe; the others stand in. For staff. Raises NotFound."""
    actor.require("trust.pool")
    with transaction.atomic():
        rested = TimestampAuthority.objects.filter(id=authority_id, enlisted=True)
        if not rested.update(held_until=now + RESTS_FOR):
            raise NotFound
        audit.record(actor=actor, action="timestamp_authority.rested", now=now, subject=authority_id)
