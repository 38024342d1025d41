"""Opens a batch, to which items are then added."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions.admit_live_seal import admit_live_seal
from kernel import audit, idempotency, jobs
from kernel.actor import Actor
from kernel.idempotency import IdempotencyKey
from sealing.actions._faults import refuse_faults
from sealing.actions.accept_document import LiveNotAllowed
from sealing.models import Batch
from sealing.rules.batches import abandoned_at
from sealing.rules.requests import SealRequest, faults
from trust import queries as trust

OPERATION = "batches"


def open_batch(
    *,
    actor: Actor,
    now: datetime,
    live: bool = True,
    request: SealRequest | None = None,
    idempotency_key: IdempotencyKey | None = None,
) -> str:
    """The id of a new batch of live or test seals, which is closed for the actor if it is abandoned.

    What would refuse every item refuses the batch: `LiveNotAllowed`, `NoPlan`, `SpendingCapReached`, the faults of
    `request`, which all items share, and those of `trust.queries.sealing_certificate`. The caller holds
    `idempotency_key`.
    """
    actor.require("seal.create")
    if live and not actor.live:
        raise LiveNotAllowed
    request = request or SealRequest()
    refuse_faults(faults(request))
    if live:
        admit_live_seal(customer_id=actor.customer, now=now)
    trust.sealing_certificate(customer_id=actor.customer, live=live, certificate_id=request.certificate, now=now)
    with transaction.atomic():
        batch = Batch.objects.create(
            live=live, requested_by=actor.id, requested_by_name=actor.name, opened_at=now, last_item_at=now
        )
        idempotency.remember(actor.customer, OPERATION, idempotency_key, batch.id, now=now)
        audit.record(actor=actor, action="batch.opened", now=now, subject=batch.id, details={"live": live})
        jobs.enqueue(
            "sealing.close_abandoned_batch",
            now=now,
            key=f"sealing.close_abandoned_batch:{batch.id}",
            customer_id=actor.customer,
            payload={"subject": batch.id},
            run_at=abandoned_at(now),
        )
    return batch.id
