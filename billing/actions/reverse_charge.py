"""Take a charge back."""

from datetime import datetime

from django.db import transaction

from billing.models import Charge
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import NotFound


def reverse_charge(*, actor: Actor, source_type: str, source_id: str, now: datetime) -> None:
    """Write the reversal of what was charged for a source, in the caller's transaction; both rows stay.

    The caller has authorised the cancellation. Raises `NotFound` when nothing stands to be taken back.
    """
    with transaction.atomic():
        charge = (
            Charge.objects.select_for_update(of=("self",))
            .filter(source_type=source_type, source_id=source_id, reverses=None)
            .first()
        )
        if charge is None or Charge.objects.filter(reverses=charge).exists():
            raise NotFound
        if actor.customer_id not in {None, charge.customer_id}:
            raise NotFound
        reversal = Charge.objects.create(
            customer_id=charge.customer_id,
            item=charge.item,
            description=charge.description,
            quantity=-charge.quantity,
            unit_price=charge.unit_price,
            amount=-charge.amount,
            currency=charge.currency,
            source_type=source_type,
            source_id=source_id,
            reverses=charge,
            occurred_at=now,
        )
        facts = {"charge": charge.id, "amount": str(reversal.amount), "source": source_id}
        record(
            actor=actor,
            action="charge.reversed",
            now=now,
            customer_id=charge.customer_id,
            subject=reversal.id,
            details=facts,
        )
