"""Ends a customer's suspension."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Customer
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.tenancy.context import forget_customers


class CustomerNotSuspended(Refusal):
    code = "customer_not_suspended"
    status = 409
    title = _("This customer is not suspended.")


def restore_customer(*, actor: Actor, customer_id: str, now: datetime) -> None:
    """Make a suspended customer active again. For staff, who give a reason.

    Raises `Forbidden` for anybody else, `ReasonNeeded`, `CustomerNotSuspended`.
    """
    actor.require("customer.suspend")
    if not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        suspended = Customer.objects.filter(id=customer_id, status=Customer.Status.SUSPENDED)
        if not suspended.update(status=Customer.Status.ACTIVE):
            raise CustomerNotSuspended
        audit.record(actor=actor, action="customer.restored", now=now, customer_id=customer_id, subject=customer_id)
        outbox.emit("customer.restored", now=now, customer_id=customer_id, subject=customer_id)
    forget_customers()
