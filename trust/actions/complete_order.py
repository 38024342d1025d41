"""Completes an order: its certificate is put to use, upon which the minutes of the ceremony are sealed with it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from kernel.actor import Actor
from trust.actions._orders import staff_order, take_step
from trust.actions.activate_certificate import activate_certificate
from trust.actions.issue_certificate import CertificateNotRequested
from trust.models import CertificateOrder, SealCertificate
from trust.rules.orders import Step


def complete_order(*, actor: Actor, order_id: str, now: datetime) -> CertificateOrder:
    """The order in state `completed`. A test signature by the key has verified with the certificate.

    Emits `certificate_order.completed`. Raises Forbidden unless staff, NotFound, `StepOutOfTurn`, and what
    `activate_certificate` raises.
    """
    order = staff_order(actor, order_id, Step.COMPLETED)
    if order.certificate_id is None:
        raise CertificateNotRequested
    activate_certificate(actor=actor, certificate_id=order.certificate_id, now=now)
    with transaction.atomic():
        completed = take_step(actor, order.id, Step.COMPLETED, now=now)
        _tell_administrators(completed, now)
    return completed


def _tell_administrators(order: CertificateOrder, now: datetime) -> None:
    certificate = SealCertificate.objects.get(id=order.certificate_id)
    give_notice(
        kind="certificate.ready",
        customer_id=order.customer_id,
        now=now,
        permission="certificate.manage",
        facts={"certificate": certificate.id, "name": certificate.subject, "valid_until_at": certificate.not_after},
        subject=certificate.id,
    )
