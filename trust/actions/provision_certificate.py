"""Provides a customer with a certificate in one go, where the authority issues at once."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from kernel.actor import Actor
from trust.actions.activate_certificate import activate_certificate
from trust.actions.issue_certificate import issue_certificate
from trust.actions.request_certificate import request_certificate
from trust.models import SealCertificate
from trust.rules.certificates import RENEWED_BEFORE, SealSubject


def provision_certificate(
    *,
    actor: Actor,
    customer_id: str,
    live: bool,
    subject: SealSubject,
    now: datetime,
    key_algorithm: str = "",
) -> SealCertificate:
    """An active certificate of the customer: the one it has in this mode and algorithm, or a new one if that ends soon.

    `key_algorithm`: SEAL_KEY_ALGORITHM when empty. Safe to run again after any failure. Raises what requesting, issuing
    and activating raise; `issue_certificate.CertificateOrderedByHand` where certificates are ordered by hand.
    """
    algorithm = key_algorithm or settings.SEAL_KEY_ALGORITHM
    active = (
        SealCertificate.objects.filter(customer_id=customer_id, live=live, state=SealCertificate.State.ACTIVE)
        .filter(key__algorithm=algorithm, not_after__gt=now + RENEWED_BEFORE)
        .first()
    )
    if active:
        return active
    requested = request_certificate(
        actor=actor, customer_id=customer_id, live=live, subject=subject, key_algorithm=algorithm, now=now
    )
    issue_certificate(actor=actor, certificate_id=requested.id, now=now)
    return activate_certificate(actor=actor, certificate_id=requested.id, now=now)
