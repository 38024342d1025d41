"""Closes a downgrade once what exceeded it is gone, or nothing exceeds it (B11)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from billing.models import StorageExcess
from kernel import audit
from kernel.actor import Actor


def end_excess(*, actor: Actor, excess_id: str, erased: int, now: datetime) -> bool:
    """Whether it was closed now; `erased` is how many documents went, of which the customer is told if there are any.

    It may run twice: the second time finds it closed.
    """
    actor.require("billing.manage")
    with transaction.atomic():
        row = StorageExcess.objects.standing().select_for_update(no_key=True).filter(id=excess_id).first()
        if row is None:
            return False
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        facts = {"documents": erased, "quota_gb": row.quota_gb, "reduced_on": row.reduced_on.isoformat()}
        audit.record(
            actor=actor,
            action="storage_excess.ended",
            now=now,
            customer_id=row.customer_id,
            subject=row.id,
            details=facts,
        )
        if erased:
            give_notice(
                kind="storage.erased",
                customer_id=row.customer_id,
                permission="billing.manage",
                facts=facts,
                subject=row.id,
                now=now,
            )
    return True
