"""Ends what was shared with a member who has left, so that a new invitation brings none of it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from sealing.models import SealShare


def end_shares(*, actor: Actor, member_id: str, now: datetime) -> int:
    """Forget everything that was shared with the member; returns how many documents that were."""
    with transaction.atomic():
        shares = SealShare.objects.filter(member_id=member_id)
        seals = sorted(shares.values_list("seal_id", flat=True))
        shares.delete()
        if seals:
            audit.record(
                actor=actor, action="document.shares_ended", now=now, subject=member_id, details={"seals": seals}
            )
    return len(seals)
