"""The steps by which a seal changes its status, shared by the actions that do."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit, jobs, outbox
from kernel.actor import Actor
from kernel.jobs import ClaimedJob, FenceLost
from sealing.actions._batches import batch_of, end_in_batch
from sealing.models import Seal, SealAttempt
from sealing.rules.seal_states import FINAL, SealStatus, may_come_from

PERFORMER = "sealing.perform_seal"


def end_seal(job: ClaimedJob, seal: Seal, status: SealStatus, code: str, detail: str, *, now: datetime) -> None:
    """End a seal without a result: refused or failed, free of charge, told to the customer."""
    customer_id = job.customer_id or ""
    with transaction.atomic():
        jobs.finish(job)
        move(seal, status, failure_code=code, failure_detail=detail)
        end_attempt(job, seal, code, now)
        audit.record(
            actor=Actor.system(PERFORMER, customer_id=customer_id),
            action=f"seal.{status}",
            now=now,
            subject=seal.id,
            details={"code": code},
        )
        told = {"code": code, **batch_of(job)}
        outbox.emit(f"seal.{status}", now=now, customer_id=customer_id, subject=seal.id, payload=told)
        end_in_batch(job, now=now)


def move(seal: Seal, status: SealStatus, **changes: object) -> None:
    """Compare-and-set: a seal that has ended meanwhile stays as it is."""
    if status in FINAL:
        changes |= {"encrypted_appearance": None}  # with its logo it is the largest part of the row
    delay = {"delay_code": "", "delay_detail": ""} | changes
    changed = Seal.objects.filter(id=seal.id, status__in=may_come_from(status)).update(status=status, **delay)
    if not changed:
        raise FenceLost(f"seal {seal.id} cannot become {status}")


def end_attempt(job: ClaimedJob, seal: Seal, outcome: str, now: datetime) -> None:
    """Write how this claim's attempt ended: `published`, or the code of what stopped it."""
    SealAttempt.objects.filter(seal=seal, fence=job.fence).update(ended_at=now, outcome=outcome)
