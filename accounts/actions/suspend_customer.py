"""Suspends a customer: its portal and its API tokens answer no more from the next request on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.models import Customer, Suspension
from accounts.rules.suspensions import Ground, review_due_at
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


def suspend_customer(
    *, actor: Actor, customer_id: str, now: datetime, ground: Ground = Ground.OTHER, review_at: datetime | None = None
) -> None:
    """Suspend an active customer (clause C7). For staff, who give a reason; the customer reads it with the ground.

    By `review_at` (UTC), 30 days from now if none is given, staff look at it again. Raises `Forbidden` for anybody
    else, `ReasonNeeded`, `CustomerNotActive`.
    """
    actor.require("customer.suspend")
    if not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        active = Customer.objects.filter(id=customer_id, status__in=[Customer.Status.ACTIVE, Customer.Status.ENDING])
        if not active.update(status=Customer.Status.SUSPENDED):
            raise CustomerNotActive
        Suspension.objects.create(
            customer_id=customer_id,
            ground=ground.value,
            reason=actor.reason,
            suspended_at=now,
            suspended_by=actor.name,
            review_at=review_at or review_due_at(now),
        )
        facts = {"ground": ground.value}
        event = "customer.suspended"
        audit.record(actor=actor, action=event, now=now, customer_id=customer_id, subject=customer_id, details=facts)
        outbox.emit(event, now=now, customer_id=customer_id, subject=customer_id, payload=facts)
        give_notice(
            kind=event,
            customer_id=customer_id,
            now=now,
            permission="customer.manage",
            subject=customer_id,
            facts=facts | {"reason": actor.reason},
        )
    forget_customers()
