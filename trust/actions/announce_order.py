"""Tells who must act, or has waited, what has become of an order."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.queries import people_who_may, staff_people
from kernel.errors import NotFound
from trust.actions._notices import queue_notices
from trust.models import CertificateOrder

State = CertificateOrder.State


def announce_order(*, order_id: str, now: datetime) -> None:
    """Queue the mails: to staff for a new order, to the customer's administrators for a completed one.

    Raises NotFound.
    """
    order = CertificateOrder.objects.filter(id=order_id).first()
    if order is None:
        raise NotFound
    with transaction.atomic():
        if order.state == State.COMPLETED and order.certificate_id:
            people = people_who_may("certificate.manage", customer_id=order.customer_id)
            queue_notices("certificate_ready", order.certificate_id, people, now=now)
        elif order.state == State.ORDERED:
            queue_notices("certificate_ordered", order.id, staff_people(), now=now)
