"""Gives the customers that staff chose notice of a breach."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from kernel import audit, outbox
from kernel.actor import Actor
from privacy.models import BreachNotice


def tell_of_breach(*, breach_id: str, now: datetime) -> int:
    """How many customers were told now; each is told once, however often and in parallel this runs (E7)."""
    waiting = BreachNotice.objects.filter(breach=breach_id, told_at=None).order_by("id")
    return sum(_tell(notice_id, now) for notice_id in waiting.values_list("id", flat=True))


def _tell(notice_id: int, now: datetime) -> bool:
    with transaction.atomic():
        waiting = BreachNotice.objects.select_for_update(of=("self",)).select_related("breach")
        row = waiting.filter(id=notice_id, told_at=None).first()
        if row is None:
            return False
        row.told_at = now
        row.save(update_fields=["told_at"])
        facts = {"words": row.words, "aware_at": row.breach.aware_at.isoformat()}
        system = Actor.system("privacy.tell_of_breach", customer_id=row.customer_id)
        audit.record(actor=system, action="breach.told", now=now, subject=row.breach_id, details=facts)
        outbox.emit("breach.told", now=now, customer_id=row.customer_id, subject=row.breach_id)
        give_notice(
            kind="breach.told",
            customer_id=row.customer_id,
            now=now,
            permission="customer.manage",
            subject=row.breach_id,
            facts=facts,
        )
    return True
