"""What the steps of an order have in common: who may, in which state, by which person, and what is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal
from trust.models import CeremonyStep, CertificateOrder
from trust.rules.orders import Step, may_follow


class StepOutOfTurn(Refusal):
    """The order is in another state, perhaps because somebody was faster."""

    code = "order_step_out_of_turn"
    status = 409
    title = _("This order waits for another step. Somebody may have been faster: look at it again.")


class SecondPersonNeeded(Refusal):
    """One person alone could make a key and vouch for it."""

    code = "second_person_needed"
    status = 409
    title = _("You did the first part yourself. Another member of staff must do this.")


def staff_order(actor: Actor, order_id: str, step: Step) -> CertificateOrder:
    """The order, for a member of staff who wants to take this step. Raises Forbidden, NotFound, StepOutOfTurn."""
    if actor.kind != "staff":
        raise Forbidden
    order = CertificateOrder.objects.visible_to(actor).select_related("certificate__key").filter(id=order_id).first()
    if order is None:
        raise NotFound
    if not may_follow(order.state, step):
        raise StepOutOfTurn
    return order


def take_step(
    actor: Actor,
    order_id: str,
    step: Step,
    *,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    certificate_id: str | None = None,
) -> CertificateOrder:
    """Move the order on and write who did it. Raises StepOutOfTurn, and SecondPersonNeeded by a constraint."""
    with transaction.atomic():
        order = CertificateOrder.objects.select_for_update().get(id=order_id)
        if not may_follow(order.state, step):
            raise StepOutOfTurn
        write_step(actor, order, step, now=now, facts=facts)
        order.state = step.value
        if certificate_id is not None:
            order.certificate_id = certificate_id
        order.save(update_fields=["state", "certificate"])
    return order


def write_step(
    actor: Actor, order: CertificateOrder, step: Step, *, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """The step's row, audit entry and event, in the caller's transaction."""
    try:
        with transaction.atomic():
            CeremonyStep.objects.create(
                order=order,
                kind=step.value,
                person_id=actor.person_id or actor.id,
                person_name=actor.name,
                at=now,
                facts=dict(facts or {}),
            )
    except IntegrityError as error:
        if "trust_ceremony_by_two_people" in str(error):
            raise SecondPersonNeeded from error
        raise
    name = f"certificate_order.{step.value}"
    customer_id = order.customer_id
    audit.record(actor=actor, action=name, now=now, customer_id=customer_id, subject=order.id, details=facts)
    outbox.emit(name, now=now, customer_id=customer_id, subject=order.id)
