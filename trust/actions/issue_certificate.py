"""Orders a requested certificate from the certification authority and imports it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.actions.import_certificate import import_certificate
from trust.gateways.ca import certificate_authority
from trust.models import SealCertificate


class CertificateOrderedByHand(Refusal):
    """The authority takes no orders from here: download the request, upload the certificate."""

    code = "certificate_ordered_by_hand"
    title = _("This certificate is ordered by hand: download the request and upload the certificate.")


class CertificateNotRequested(Refusal):
    """There is no finished request to send."""

    code = "certificate_not_requested"
    status = 409
    title = _("There is no open request for this certificate.")


def issue_certificate(*, actor: Actor, certificate_id: str, now: datetime) -> SealCertificate:
    """The certificate, imported but not yet active; at once when it was imported before.

    Raises NotFound, CertificateNotRequested, CertificateOrderedByHand, what `import_certificate` raises, and
    `ca.AuthorityUnavailable` (an outage).
    """
    actor.require("certificate.manage")
    certificate = SealCertificate.objects.visible_to(actor).filter(id=certificate_id).first()
    if certificate is None:
        raise NotFound
    if certificate.certificate is not None:
        return certificate
    if not certificate.request:
        raise CertificateNotRequested
    issued = certificate_authority(live=certificate.live).issue(certificate.request, live=certificate.live)
    if issued is None:
        raise CertificateOrderedByHand
    return import_certificate(actor=actor, certificate_id=certificate_id, content=issued, now=now)
