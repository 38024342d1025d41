"""Closes a batch whose browser or program has gone."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import jobs
from kernel.actor import Actor
from kernel.jobs import ClaimedJob
from sealing.actions._batches import close
from sealing.models import Batch
from sealing.rules.batches import abandoned_at


def close_abandoned_batch(*, job: ClaimedJob, batch_id: str, now: datetime) -> None:
    """Close the batch if nothing has come for long enough, else look again when that would be."""
    system = Actor.system("sealing.close_abandoned_batch", customer_id=job.customer_id)
    with transaction.atomic():
        batch = Batch.objects.select_for_update().filter(id=batch_id, closed_at=None).first()
        if batch is None:
            return
        due_at = abandoned_at(batch.last_item_at)
        if now >= due_at:
            close(batch, actor=system, now=now)
            return
        jobs.enqueue(
            job.kind,
            now=now,
            key=f"{job.kind}:{batch_id}:{due_at:%Y%m%d%H%M%S.%f}",
            customer_id=job.customer_id,
            payload=job.payload,
            run_at=due_at,
        )
