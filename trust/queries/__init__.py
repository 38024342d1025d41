"""What others ask of trust: the certificate to seal with, lists for pages and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.tenancy.context import find_customer
from trust.gateways.certificate_facts import read_certificate
from trust.gateways.process_cache import ProcessCache
from trust.gateways.receipt_keys import public_jwk
from trust.models import AuditKey, ReceiptKey, SealCertificate
from trust.rules.certificates import CertificateFacts, Validity, validity
from trust.rules.evidence import CertificateEvidence

__all__ = ["CertificateEvidence", "SealingCertificate"]


class NoActiveCertificate(Refusal):
    """The customer has nothing to seal with in this mode, or the certificate asked for is not active."""

    code = "no_active_certificate"
    title = _("There is no active certificate to seal with.")


class CertificateExpired(Refusal):
    """Its validity has ended, ends within the margin, or has not begun."""

    code = "certificate_expired"
    title = _("The certificate has expired or is about to.")


@dataclass(frozen=True, slots=True)
class SealingCertificate:
    """What sealing freezes when a seal is accepted. `certificate` and `chain` are DER, the issuer first, without the
    root; `serial` is hexadecimal; `key_label` and `key_algorithm` are for `gateways.hsm.sign`."""

    id: str
    key_label: str
    key_algorithm: str
    certificate: bytes
    chain: tuple[bytes, ...]
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    live: bool


def sealing_certificate(
    *, customer_id: str, live: bool, certificate_id: str | None, now: datetime
) -> SealingCertificate:
    """The certificate a customer seals with: the one asked for, or the one activated last.

    Raises NotFound for an id that is not the customer's in this mode, NoActiveCertificate, CertificateExpired.
    """
    own = SealCertificate.objects.filter(customer_id=customer_id, live=live).values_list("id", "state")
    if certificate_id is not None:
        found = own.filter(id=certificate_id).first()
        if found is None:
            raise NotFound
    else:
        found = own.filter(state=SealCertificate.State.ACTIVE).order_by("-activated_at", "-id").first()
    if found is None or found[1] != SealCertificate.State.ACTIVE:
        raise NoActiveCertificate
    return _unless_expired(_to_seal_with(found[0]), now)


def certificate_der(certificate_id: str) -> bytes:
    """The certificate (DER) of an id, whatever has become of it since. Raises NotFound."""
    found = SealCertificate.objects.filter(id=certificate_id).first()
    if found is None:
        raise NotFound
    return found.der


def certificate_to_try(*, now: datetime) -> SealingCertificate:
    """Any customer's active certificate, a test one if there is one, for the operator's own check of the machinery.

    Not that of a closed customer: after a restore it looks active until it is erased once more, and its key is gone.
    """
    newest = SealCertificate.objects.filter(state=SealCertificate.State.ACTIVE).order_by("live", "-activated_at")
    for certificate_id, customer_id in newest.values_list("id", "customer_id").iterator(chunk_size=100):
        customer = find_customer("id", customer_id)
        if customer is not None and customer.has_schema:
            return _unless_expired(_to_seal_with(certificate_id), now)
    raise NoActiveCertificate


def _to_seal_with(certificate_id: str) -> SealingCertificate:
    """An active certificate. Only its state ever changes, so the rest is read once in the life of a process."""
    if known := _certificates.get(certificate_id):
        return known
    row = SealCertificate.objects.select_related("key").get(id=certificate_id)
    if row.not_before is None or row.not_after is None:
        raise NoActiveCertificate
    found = SealingCertificate(
        id=row.id,
        key_label=row.key.label,
        key_algorithm=row.key.algorithm,
        certificate=row.der,
        chain=row.issuers,
        subject=row.subject,
        issuer=row.issuer,
        serial=row.serial,
        not_before=row.not_before,
        not_after=row.not_after,
        live=row.live,
    )
    _certificates.put(certificate_id, found)
    return found


_certificates: ProcessCache[SealingCertificate] = ProcessCache()


def _unless_expired(certificate: SealingCertificate, now: datetime) -> SealingCertificate:
    if validity(certificate.not_before, certificate.not_after, now=now) is not Validity.VALID:
        raise CertificateExpired
    return certificate


def certificates_of(actor: Actor) -> QuerySet[SealCertificate]:
    """The certificates of the actor's customer, newest first; a token sees those of its mode. Raises Forbidden."""
    actor.require("certificate.read")
    found = SealCertificate.objects.visible_to(actor).select_related("key").order_by("-requested_at", "-id")
    return found.filter(live=actor.live) if actor.kind == "token" else found


def certificate_of(actor: Actor, certificate_id: str) -> SealCertificate:
    """One certificate of the actor's customer. Raises Forbidden, NotFound."""
    found = certificates_of(actor).filter(id=certificate_id).first()
    if found is None:
        raise NotFound
    return found


def certificate_sealed_with(*, customer_id: str, certificate_id: str) -> CertificateFacts:
    """What the certificate of a customer's seal says, for whoever may see the seal. Raises NotFound."""
    found = SealCertificate.objects.filter(customer_id=customer_id, id=certificate_id).exclude(fingerprint="").first()
    if found is None:
        raise NotFound
    return read_certificate(found.der)


def receipt_keys() -> list[dict[str, str]]:
    """The public keys that have ever signed receipts, newest first, as JWKs (RFC 7517)."""
    return [public_jwk(key.id, bytes(key.public_key)) for key in ReceiptKey.objects.order_by("-created_at", "-id")]


def audit_keys() -> list[dict[str, str]]:
    """The public keys that have ever signed checkpoints of the audit trail, newest first, as JWKs (RFC 7517)."""
    return [public_jwk(key.id, bytes(key.public_key)) for key in AuditKey.objects.order_by("-created_at", "-id")]
