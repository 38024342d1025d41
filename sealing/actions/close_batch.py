"""Closes a batch: no more items will come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.actor import Actor
from sealing.actions._batches import close, own_batch


def close_batch(*, actor: Actor, batch_id: str, now: datetime) -> None:
    """Close it; closed already, nothing happens. Ends it if all items have ended. Raises `NotFound`."""
    actor.require("seal.create")
    with transaction.atomic():
        batch = own_batch(actor, batch_id, locked=True)
        if batch.closed_at is None:
            close(batch, actor=actor, now=now)
