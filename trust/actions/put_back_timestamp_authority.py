"""Puts a resting timestamp authority back into its turn because staff say so."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from trust.models import TimestampAuthority


def put_back_timestamp_authority(*, actor: Actor, authority_id: str, now: datetime) -> None:
    """End an authority's rest, staff's or the breaker's; the next seal may ask it. For staff. Raises NotFound."""
    actor.require("trust.pool")
    with transaction.atomic():
        resting = TimestampAuthority.objects.filter(id=authority_id, enlisted=True)
        if not resting.update(held_until=None, rest_until=None, failures=0):
            raise NotFound
        audit.record(actor=actor, action="timestamp_authority.put_back", now=now, subject=authority_id)
