"""Writes down that a customer's content is destroyed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Customer, Erasure
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound

_ERASED = "customer.erased"


def note_erasure_done(*, actor: Actor, customer_id: str, now: datetime) -> bool:
    """Whether it was written down now; False when it was before (D3). The customer's row stays for bookkeeping (D4).

    Raises `NotFound` unless the customer is closed.
    """
    actor.require("customer.end")
    with transaction.atomic():
        locked = Customer.objects.select_for_update(no_key=True)
        if locked.filter(id=customer_id, status=Customer.Status.CLOSED).first() is None:
            raise NotFound
        Erasure.objects.filter(customer_id=customer_id, done_at=None).update(done_at=now)
        if outbox.has_happened(_ERASED, subject=customer_id):
            return False
        audit.record(actor=actor, action=_ERASED, now=now, subject=customer_id)
        outbox.emit("customer.erased", now=now, customer_id=None, subject=customer_id)
    return True
