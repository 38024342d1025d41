"""Asks once more for the minutes of a key ceremony, when their seal was refused."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from trust.models import CertificateOrder


def want_minutes(*, actor: Actor, order_id: str, now: datetime) -> None:
    """Emit `certificate_order.minutes_wanted`; minutes that are filed already stay.

    Raises Forbidden unless staff, NotFound for an order that is not completed.
    """
    if actor.kind != "staff":
        raise Forbidden
    order = CertificateOrder.objects.filter(id=order_id, state=CertificateOrder.State.COMPLETED).first()
    if order is None:
        raise NotFound
    event, customer_id = "certificate_order.minutes_wanted", order.customer_id
    with transaction.atomic():
        audit.record(actor=actor, action=event, now=now, customer_id=customer_id, subject=order.id)
        outbox.emit(event, now=now, customer_id=customer_id, subject=order.id)
