"""Begins the key ceremony of an order: the first member of staff has the key made."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.conf import settings

from kernel.actor import Actor
from trust.actions._orders import staff_order, take_step
from trust.actions.request_certificate import request_certificate
from trust.gateways.certificate_requests import request_digest, requested_key
from trust.models import CertificateOrder
from trust.rules.orders import Step, order_subject


def begin_ceremony(*, actor: Actor, order_id: str, now: datetime) -> CertificateOrder:
    """The order in state `key_made`, with a new key in the HSM and the certificate request signed by it.

    Safe to run again after any failure. Raises Forbidden unless staff, NotFound, `StepOutOfTurn`, what
    `request_certificate` raises, and `hsm.HsmUnavailable` (an outage).
    """
    order = staff_order(actor, order_id, Step.KEY_MADE)
    subject = order_subject(
        legal_name=order.legal_name,
        country=order.country,
        registration_number=order.registration_number,
        seal_name=order.seal_name,
    )
    requested = request_certificate(
        actor=actor,
        customer_id=order.customer_id,
        live=True,
        subject=subject,
        key_algorithm=order.key_algorithm,
        now=now,
    )
    facts = {
        "key": requested.key_id,
        "token": settings.PKCS11_TOKEN,
        "subject": requested.requested_subject,
        "key_sha256": sha256(requested_key(requested.request)).hexdigest(),
        "request_sha256": request_digest(requested.request),
    }
    return take_step(actor, order.id, Step.KEY_MADE, now=now, facts=facts, certificate_id=requested.id)
