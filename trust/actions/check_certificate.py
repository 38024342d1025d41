"""Checks a seal certificate before every seal: trusted, valid, not revoked (clause A1)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.actions.collect_evidence import collect_evidence
from trust.gateways.chains import NotTrusted
from trust.gateways.revocation import Revoked
from trust.models import SealCertificate
from trust.rules.certificates import Validity, validity
from trust.rules.evidence import CertificateEvidence

State = SealCertificate.State


class CertificateNotValid(Refusal):
    """Retired, out of its validity, or without a chain to the trust anchors."""

    code = "certificate_not_valid"
    title = gettext_lazy("The certificate is not valid.")


class CertificateRevoked(Refusal):
    """Revoked by its authority. Once noticed it is final here, unless it was only put on hold."""

    code = "certificate_revoked"
    title = gettext_lazy("The certificate has been revoked.")


def check_certificate(*, certificate_id: str, now: datetime, refresh: bool = False) -> CertificateEvidence:
    """The evidence that a certificate may seal now: its chain and revocation answers, verified together.

    With `refresh`, answers at half of their life are fetched anew. A revocation found here is recorded and told.
    Raises NotFound, CertificateNotValid, CertificateRevoked, `collect_evidence.RevocationUnknown` (an outage).
    """
    certificate = SealCertificate.objects.filter(id=certificate_id).first()
    if certificate is None:
        raise NotFound
    if certificate.state == State.REVOKED:
        raise CertificateRevoked
    if certificate.state != State.ACTIVE:
        raise CertificateNotValid(_("The certificate is not in use."))
    _check_validity(certificate, now)
    try:
        return collect_evidence(
            certificate=certificate.der, others=certificate.issuers, live=certificate.live, now=now, refresh=refresh
        )
    except NotTrusted as error:
        raise CertificateNotValid(str(error)) from error
    except Revoked as error:
        if not error.on_hold:
            _record_revocation(certificate, error, now)
        raise CertificateRevoked(str(error)) from error


def _check_validity(certificate: SealCertificate, now: datetime) -> None:
    if certificate.not_before is None or certificate.not_after is None:
        raise CertificateNotValid
    state = validity(certificate.not_before, certificate.not_after, now=now)
    if state in {Validity.NOT_YET, Validity.EXPIRED}:
        raise CertificateNotValid(_("The certificate is outside its validity."))


def _record_revocation(certificate: SealCertificate, found: Revoked, now: datetime) -> None:
    with transaction.atomic():
        changed = SealCertificate.objects.filter(id=certificate.id, state=State.ACTIVE).update(
            state=State.REVOKED, ended_at=now
        )
        if not changed:  # another worker has just recorded it
            return
        audit.record(
            actor=Actor.system("trust.check_certificate", customer_id=certificate.customer_id),
            action="certificate.revoked",
            now=now,
            customer_id=certificate.customer_id,
            subject=certificate.id,
            details={"revoked_at": found.revoked_at.isoformat(), "reason": found.reason},
        )
        outbox.emit(
            "certificate.revoked",
            now=now,
            customer_id=certificate.customer_id,
            subject=certificate.id,
            payload={"key": certificate.key_id},
        )
