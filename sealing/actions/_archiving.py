"""The steps of ordering an archive timestamp and of ending the order, shared by the actions that do."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from kernel import audit, jobs, outbox
from kernel.actor import Actor
from kernel.ids import new_id
from kernel.jobs import ClaimedJob, FenceLost
from sealing.models import Seal, SealArchiving

ARCHIVER = "sealing.perform_archiving"
ARCHIVED = "archived"


def order_archiving(*, actor: Actor, seal: Seal, now: datetime) -> None:
    """Order one more archive timestamp for a locked seal, unless one is on its way already."""
    if SealArchiving.objects.filter(seal=seal, ended_at=None).exists():
        return
    archiving = SealArchiving.objects.create(id=new_id("arch"), seal=seal, ordered_by=actor.id, ordered_at=now)
    audit.record(actor=actor, action="seal.archiving_ordered", now=now, subject=seal.id)
    outbox.emit(
        "seal.archiving_ordered",
        now=now,
        customer_id=actor.customer,
        subject=seal.id,
        payload={"archiving": archiving.id, "live": seal.live},
        deadline_seconds=settings.SEAL_DEADLINE_SECONDS,
    )


def end_archiving(job: ClaimedJob, archiving: SealArchiving, outcome: str, *, now: datetime, **found: object) -> None:
    """Compare-and-set in the caller's transaction: what has ended stays as it ended."""
    jobs.finish(job)
    changed = SealArchiving.objects.filter(id=archiving.id, ended_at=None).update(
        ended_at=now, outcome=outcome, **found
    )
    if not changed:
        raise FenceLost(f"archiving {archiving.id} has ended")


def stop_archiving(job: ClaimedJob, archiving: SealArchiving, code: str, *, now: datetime) -> None:
    """End an order without a result; the sealed file stays as it is."""
    with transaction.atomic():
        end_archiving(job, archiving, code, now=now)
        audit.record(
            actor=Actor.system(ARCHIVER, customer_id=job.customer_id),
            action="seal.archiving_stopped",
            now=now,
            subject=archiving.seal_id,
            details={"code": code},
        )
