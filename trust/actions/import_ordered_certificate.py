"""Imports the certificate of an order: as the authority sent it, or straight from one that issues at once."""

from __future__ import annotations

from datetime import datetime

from kernel.actor import Actor
from trust.actions._orders import staff_order, take_step
from trust.actions.import_certificate import import_certificate
from trust.actions.issue_certificate import CertificateNotRequested, CertificateOrderedByHand
from trust.gateways.ca import certificate_authority
from trust.models import CertificateOrder
from trust.rules.orders import Step, shortest_validity


def import_ordered_certificate(
    *, actor: Actor, order_id: str, now: datetime, content: bytes | None = None
) -> CertificateOrder:
    """The order in state `imported`: its certificate fits key, purpose, validity and trust anchors.

    `content` is what the authority sent (PEM or DER); without it the authority is asked. Nothing is lost when it does
    not fit. Raises Forbidden unless staff, NotFound, `StepOutOfTurn`, `issue_certificate.CertificateOrderedByHand`,
    what `import_certificate` raises, and `ca.AuthorityUnavailable` (an outage).
    """
    order = staff_order(actor, order_id, Step.IMPORTED)
    certificate = order.certificate
    if certificate is None:
        raise CertificateNotRequested
    issued = content or certificate_authority(live=True).issue(certificate.request, live=True, years=order.years)
    if issued is None:
        raise CertificateOrderedByHand
    found = import_certificate(
        actor=actor,
        certificate_id=certificate.id,
        content=issued,
        now=now,
        lasting_until=shortest_validity(order.years, now=now),
    )
    facts = {"serial": found.serial, "issuer": found.issuer, "fingerprint": found.fingerprint}
    return take_step(actor, order.id, Step.IMPORTED, now=now, facts=facts)
