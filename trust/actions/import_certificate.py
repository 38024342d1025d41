"""Imports the certificate that answers a request: it must fit the key, the name rules and the trust anchors."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit
from kernel.actor import Actor
from kernel.errors import FieldError, NotFound, Refusal
from trust.gateways.certificate_facts import read_certificate
from trust.gateways.certificate_requests import requested_key
from trust.gateways.chains import NotTrusted, certificates_in, trusted_path
from trust.models import SealCertificate
from trust.rules.certificates import CertificateFacts, Misfit, misfits


class CertificateUnreadable(Refusal):
    """Neither PEM nor DER of X.509 certificates."""

    code = "certificate_unreadable"
    title = gettext_lazy("This is not a certificate that can be read.")


class CertificateMisfit(Refusal):
    """The certificate does not fit; detail and errors list the reasons, by the codes of `rules.certificates.Misfit`."""

    code = "certificate_misfit"
    title = gettext_lazy("This certificate does not fit.")


class CertificateNotTrusted(Refusal):
    """No chain to the trust anchors of its mode."""

    code = "certificate_not_trusted"
    title = gettext_lazy("This certificate does not lead to a trust anchor.")


class CertificateAlreadyImported(Refusal):
    """Another certificate was imported for this request, or this one elsewhere."""

    code = "certificate_already_imported"
    status = 409
    title = gettext_lazy("A certificate has already been imported.")


def import_certificate(
    *, actor: Actor, certificate_id: str, content: bytes, now: datetime, lasting_until: datetime | None = None
) -> SealCertificate:
    """Store a certificate with its chain, both in `content` (PEM, in any order, or one DER).

    With `lasting_until` it must be valid until then at least. Safe to run twice with the same certificate. Raises
    NotFound, CertificateUnreadable, CertificateMisfit, CertificateNotTrusted, CertificateAlreadyImported.
    """
    actor.require("certificate.manage")
    requested = SealCertificate.objects.visible_to(actor).filter(id=certificate_id).first()
    if requested is None or not requested.request:
        raise NotFound
    key = requested_key(requested.request)
    der, facts, others = _choose(content, key)
    if found := misfits(facts, key=key, live=requested.live, now=now, lasting_until=lasting_until):
        said = _describe(found)
        raise CertificateMisfit(" ".join(error.detail for error in said), errors=said)
    try:
        path = trusted_path(der, others, live=requested.live, moment=now)
    except NotTrusted as error:
        raise CertificateNotTrusted(str(error)) from error
    try:
        with transaction.atomic():
            return _store(actor, certificate_id, der, path.certificates[1:-1], facts, now)
    except IntegrityError as error:
        raise CertificateAlreadyImported from error


def _choose(content: bytes, key: bytes) -> tuple[bytes, CertificateFacts, list[bytes]]:
    """The certificate for the key, or the first one, with its facts; and the others."""
    try:
        found = [(der, read_certificate(der)) for der in certificates_in(content)]
    except ValueError as error:
        raise CertificateUnreadable from error
    if not found:
        raise CertificateUnreadable
    der, facts = next((one for one in found if one[1].public_key == key), found[0])
    return der, facts, [other for other, _facts in found if other != der]


def _store(
    actor: Actor, certificate_id: str, der: bytes, chain: tuple[bytes, ...], facts: CertificateFacts, now: datetime
) -> SealCertificate:
    certificate = SealCertificate.objects.select_for_update().get(id=certificate_id)
    if certificate.fingerprint == facts.fingerprint:
        return certificate
    if certificate.certificate is not None or certificate.state != SealCertificate.State.REQUESTED:
        raise CertificateAlreadyImported
    certificate.certificate = der
    certificate.chain = list(chain)
    certificate.subject, certificate.issuer, certificate.serial = facts.subject, facts.issuer, facts.serial
    certificate.fingerprint = facts.fingerprint
    certificate.not_before, certificate.not_after = facts.not_before, facts.not_after
    certificate.qualified = facts.qualified
    certificate.for_electronic_seal = facts.for_electronic_seal
    certificate.on_secure_device = facts.on_secure_device
    certificate.save()
    audit.record(
        actor=actor,
        action="certificate.imported",
        now=now,
        customer_id=certificate.customer_id,
        subject=certificate.id,
        details={"serial": facts.serial, "issuer": facts.issuer, "fingerprint": facts.fingerprint},
    )
    return certificate


def _describe(found: tuple[Misfit, ...]) -> list[FieldError]:
    sentences = {
        Misfit.KEY_MISMATCH: _("It belongs to another key."),
        Misfit.AUTHORITY: _("It is the certificate of an authority."),
        Misfit.KEY_USAGE: _("Its key usage does not allow seals."),
        Misfit.NOT_YET_VALID: _("It is not valid yet."),
        Misfit.EXPIRED: _("It has expired or is about to."),
        Misfit.TOO_SHORT: _("It is valid for a shorter time than was ordered."),
        Misfit.NOT_FOR_SEALS: _("It does not state that it is for electronic seals."),
        Misfit.NOT_QUALIFIED: _("It does not state that it is qualified."),
        Misfit.NOT_ON_DEVICE: _("It does not state that its key is in a qualified device."),
    }
    return [FieldError("/certificate", misfit.value, sentences[misfit]) for misfit in found]
