"""Staff have looked at a payment that needed it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions._receipts import require_staff
from billing.models import PaymentFlag
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import NotFound


@transaction.atomic
def clear_payment_flag(*, actor: Actor, flag_id: int, now: datetime) -> None:
    """Nothing more is to be done about it; the reason says why. Raises `NotFound` for what was cleared before."""
    require_staff(actor)
    found = PaymentFlag.objects.select_for_update(of=("self",)).select_related("payment")
    flag = found.filter(pk=flag_id, cleared_at=None).first()
    if flag is None:
        raise NotFound
    flag.cleared_at, flag.cleared_by = now, actor.name
    flag.save(update_fields=["cleared_at", "cleared_by"])
    customer_id, facts = flag.payment.customer_id, {"kind": flag.kind}
    record(
        actor=actor,
        action="payment.looked_at",
        now=now,
        customer_id=customer_id,
        subject=flag.payment_id,
        details=facts,
    )
