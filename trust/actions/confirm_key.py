"""Confirms the key of an order: the second member of staff has the HSM say which key it holds."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext_lazy as _

from kernel.actor import Actor
from kernel.errors import Refusal
from trust.actions._orders import staff_order, take_step
from trust.gateways import hsm
from trust.gateways.certificate_requests import request_digest, requested_key
from trust.models import CertificateOrder
from trust.rules.orders import Step


class FingerprintMismatch(Refusal):
    """What was read out, what is on record and what the HSM holds are not the same."""

    code = "fingerprint_mismatch"
    status = 409
    title = _("This is not the fingerprint of the key that is in the HSM. Do not go on before you know why.")


def confirm_key(*, actor: Actor, order_id: str, fingerprint: str, now: datetime) -> CertificateOrder:
    """The order in state `confirmed`: from here on its request may be sent to the authority.

    `fingerprint` is the SHA-256 of the public key in hexadecimal, or its first sixteen digits or more, as the first
    person read it out. It is compared with what is on record and with the key that the HSM holds now. Raises Forbidden
    unless staff, NotFound, `StepOutOfTurn`, `SecondPersonNeeded`, FingerprintMismatch, `hsm.HsmUnavailable` (an
    outage).
    """
    order = staff_order(actor, order_id, Step.CONFIRMED)
    certificate = order.certificate
    if certificate is None:
        raise FingerprintMismatch
    held = sha256(hsm.public_key(certificate.key.label)).hexdigest()
    requested = sha256(requested_key(certificate.request)).hexdigest()
    read_out = "".join(fingerprint.split()).lower()
    if held != requested or len(read_out) < 16 or not held.startswith(read_out):
        raise FingerprintMismatch
    facts = {"key_sha256": held, "request_sha256": request_digest(certificate.request)}
    return take_step(actor, order.id, Step.CONFIRMED, now=now, facts=facts)
