"""Retires certificates whose validity has ended."""

from __future__ import annotations

from datetime import datetime

from kernel.actor import Actor
from trust.actions.retire_certificate import retire_certificate
from trust.models import SealCertificate


def retire_expired_certificates(*, actor: Actor, now: datetime) -> int:
    """The number of certificates retired; their keys stay until somebody has them destroyed."""
    expired = SealCertificate.objects.filter(state=SealCertificate.State.ACTIVE, not_after__lt=now)
    found = list(expired.values_list("id", flat=True))
    for certificate_id in found:
        retire_certificate(actor=actor, certificate_id=certificate_id, now=now)
    return len(found)
