"""Ends a customer's suspension."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Customer, Ending, Suspension
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.tenancy.context import forget_customers


class CustomerNotSuspended(Refusal):
    code = "customer_not_suspended"
    status = 409
    title = _("This customer is not suspended.")


def restore_customer(*, actor: Actor, customer_id: str, now: datetime) -> None:
    """Make a suspended customer active again, or ending if its contract has a last day. For staff, who give a reason.

    Raises `Forbidden` for anybody else, `ReasonNeeded`, `CustomerNotSuspended`.
    """
    actor.require("customer.suspend")
    if not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        suspended = Customer.objects.select_for_update(no_key=True).filter(id=customer_id)
        if not suspended.filter(status=Customer.Status.SUSPENDED).exists():
            raise CustomerNotSuspended
        Suspension.objects.filter(customer_id=customer_id, lifted_at=None).update(
            lifted_at=now, lifted_by=actor.name, lift_reason=actor.reason
        )
        ending = Ending.objects.open().filter(customer_id=customer_id, confirmed=True).exists()
        suspended.update(status=Customer.Status.ENDING if ending else Customer.Status.ACTIVE)
        audit.record(actor=actor, action="customer.restored", now=now, customer_id=customer_id, subject=customer_id)
        outbox.emit("customer.restored", now=now, customer_id=customer_id, subject=customer_id)
        give_notice(
            kind="customer.restored",
            customer_id=customer_id,
            now=now,
            permission="customer.manage",
            subject=customer_id,
            facts={"reason": actor.reason},
        )
    forget_customers()
