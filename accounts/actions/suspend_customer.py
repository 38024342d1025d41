"""Suspends a customer: its portal and its API tokens answer no more from the next request on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, Refusal
from kernel.tenancy.context import forget_customers


class ReasonNeeded(Refusal):
    code = "reason_needed"
    title = _("Write the reason: the customer will read it in the audit trail.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/reason", self.code, str(self.title))])


class CustomerNotActive(Refusal):
    code = "customer_not_active"
    status = 409
    title = _("Only an active customer can be suspended.")


def suspend_customer(*, actor: Actor, customer_id: str, now: datetime) -> None:
    """Suspend an active customer (clause C7). For staff, who give a reason that the customer can read.

    Raises `Forbidden` for anybody else, `ReasonNeeded`, `CustomerNotActive`.
    """
    actor.require("customer.suspend")
    if not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        active = Customer.objects.filter(id=customer_id, status__in=[Customer.Status.ACTIVE, Customer.Status.ENDING])
        if not active.update(status=Customer.Status.SUSPENDED):
            raise CustomerNotActive
        audit.record(actor=actor, action="customer.suspended", now=now, customer_id=customer_id, subject=customer_id)
        outbox.emit("customer.suspended", now=now, customer_id=customer_id, subject=customer_id)
    forget_customers()
