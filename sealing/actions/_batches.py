"""The steps by which a batch grows and ends, shared by the actions that do. All hold its row's lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.jobs import ClaimedJob
from sealing.models import Batch, BatchItem, Seal
from sealing.queries.batches import counts_of
from sealing.rules.batches import MAX_ITEMS, is_finished


class BatchClosed(Refusal):
    code = "batch_closed"
    status = 409
    title = gettext_lazy("This batch takes no more items.")


class TooManyItems(Refusal):
    code = "too_many_items"
    title = gettext_lazy("These are more items than one batch can hold.")

    def __init__(self) -> None:
        super().__init__(_("One batch can hold %(limit)d items.") % {"limit": MAX_ITEMS})


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """Where in a batch a seal goes: `position` from 0, or None for behind the last."""

    batch_id: str
    position: int | None = None


def own_batch(actor: Actor, batch_id: str, *, locked: bool = False) -> Batch:
    """The batch, if it was the actor who opened it; raises `NotFound`."""
    rows = Batch.objects.select_for_update() if locked else Batch.objects
    batch = rows.filter(id=batch_id, requested_by=actor.id).first()
    if batch is None:
        raise NotFound
    return batch


def put_in_batch(actor: Actor, place: BatchPlace, seal: Seal, *, now: datetime) -> None:
    """Make an accepted seal an item, in the transaction that accepts it."""
    _add(actor, place, now, unfinished=1, seal=seal)


def put_problem_in_batch(actor: Actor, place: BatchPlace, *, now: datetime, **item: Any) -> None:
    """Make something that was not accepted an item: `problem` and `encrypted_name`."""
    _add(actor, place, now, unfinished=0, **item)


def _add(actor: Actor, place: BatchPlace, now: datetime, *, unfinished: int, **item: Any) -> None:
    batch = own_batch(actor, place.batch_id, locked=True)
    if batch.closed_at:
        raise BatchClosed
    if batch.size >= MAX_ITEMS:
        raise TooManyItems
    position = batch.size if place.position is None else place.position
    BatchItem.objects.create(batch=batch, position=position, **item)
    batch.size += 1
    batch.unfinished += unfinished
    batch.last_item_at = now
    batch.save(update_fields=["size", "unfinished", "last_item_at"])


def batch_of(job: ClaimedJob) -> Mapping[str, Any]:
    """What events about a job's seal tell of it: its mode, and its batch if it has one."""
    return {name: job.payload[name] for name in ("live", "batch") if name in job.payload}


def end_in_batch(job: ClaimedJob, *, now: datetime) -> None:
    """Count a seal that has ended, in the transaction that ends it, as its last step: whoever ends the last of the
    batch has waited for the lock of all others, and ends the batch with it.
    """
    if (batch_id := batch_of(job).get("batch")) is None:
        return
    if batch := Batch.objects.select_for_update().filter(id=batch_id).first():
        batch.unfinished -= 1
        batch.save(update_fields=["unfinished"])
        finish_if_done(batch, now=now, customer_id=job.customer_id or "")


def close(batch: Batch, *, actor: Actor, now: datetime) -> None:
    """Let no more items come; ends the batch when none is unfinished."""
    batch.closed_at = now
    batch.save(update_fields=["closed_at"])
    audit.record(actor=actor, action="batch.closed", now=now, subject=batch.id, details={"items": batch.size})
    finish_if_done(batch, now=now, customer_id=actor.customer)


def finish_if_done(batch: Batch, *, now: datetime, customer_id: str) -> None:
    """End the batch and tell it once, if nothing can happen in it any more."""
    if not is_finished(closed=batch.closed_at is not None, unfinished=batch.unfinished):
        return
    batch.finished_at = now
    batch.save(update_fields=["finished_at"])
    told = {"counts": counts_of([batch.id])[batch.id], "live": batch.live}
    outbox.emit("batch.finished", now=now, customer_id=customer_id, subject=batch.id, payload=told)
