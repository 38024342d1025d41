"""Record that something was announced to customers' disadvantage."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from billing.models import Detriment, Plan
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Forbidden, NotFound
from kernel.outbox import emit


@transaction.atomic
def record_detriment(*, actor: Actor, plan_code: str = "", announced_on: date, description: str, now: datetime) -> str:
    """Record a change of terms or service that was announced on a legal day, for one plan or, without a code, for all.

    From that day customers whose annual term was running may end it early (B12). `description` is shown to them. Staff
    only. Returns its id. Raises `Forbidden`, `NotFound` (the plan).
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    if plan_code and not Plan.objects.filter(pk=plan_code).exists():
        raise NotFound
    row = Detriment.objects.create(
        plan_id=plan_code or None,
        announced_on=announced_on,
        description=description,
        recorded_at=now,
        recorded_by=actor.name,
    )
    facts = {"plan": plan_code, "announced_on": announced_on.isoformat()}
    record(actor=actor, action="detriment.recorded", now=now, subject=row.pk, details=facts)
    emit("detriment.recorded", now=now, customer_id=None, subject=row.pk, payload=facts)
    return str(row.pk)
