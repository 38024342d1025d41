"""Cancels an order of a certificate and takes its charge back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions.reverse_charge import reverse_charge
from kernel import outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.actions._orders import StepOutOfTurn, take_step
from trust.models import CertificateOrder, SealCertificate
from trust.rules.orders import Step

State = CertificateOrder.State


class KeyCeremonyBegun(Refusal):
    """The key is made: from here on only staff can cancel."""

    code = "key_ceremony_begun"
    status = 409
    title = _("The key has been made already. Write to us if the certificate is no longer wanted.")


def cancel_order(*, actor: Actor, order_id: str, now: datetime) -> CertificateOrder:
    """The order in state `cancelled`, with the reversal of its charge in the same transaction.

    Its customer can cancel until the key is made, staff and the system until the certificate is put to use; then the
    request is abandoned and its key destroyed. Raises NotFound, KeyCeremonyBegun, `StepOutOfTurn` when it has ended.
    """
    actor.require("certificate.manage")
    with transaction.atomic():
        order = CertificateOrder.objects.visible_to(actor).select_for_update().filter(id=order_id).first()
        if order is None:
            raise NotFound
        if order.state in {State.COMPLETED, State.CANCELLED}:
            raise StepOutOfTurn
        if order.state != State.ORDERED and actor.kind not in {"staff", "system"}:
            raise KeyCeremonyBegun
        key_id = _abandon_request(order, now) if order.certificate else ""
        reverse_charge(actor=actor, source_type="certificate_order", source_id=order.id, now=now)
        return take_step(actor, order.id, Step.CANCELLED, now=now, facts={"key": key_id} if key_id else None)


def _abandon_request(order: CertificateOrder, now: datetime) -> str:
    """The id of the key, which is no longer needed. A certificate that is being put to use stays."""
    requested = SealCertificate.objects.filter(id=order.certificate_id, state=SealCertificate.State.REQUESTED)
    key_id = requested.values_list("key_id", flat=True).first()
    if not requested.update(state=SealCertificate.State.ABANDONED, ended_at=now):
        raise StepOutOfTurn
    outbox.emit(
        "certificate.abandoned",
        now=now,
        customer_id=order.customer_id,
        subject=str(order.certificate_id),
        payload={"key": key_id},
    )
    return str(key_id)
