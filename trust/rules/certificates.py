"""When a certificate is fit to seal with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A seal made in the last minutes of a certificate could not be timestamped before its end after one outage.
SEALING_MARGIN = timedelta(hours=1)
# A certificate that is issued at once is replaced this long before its end.
RENEWED_BEFORE = timedelta(days=30)
SIGNING_USAGES = frozenset({"digital_signature", "content_commitment"})


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says of itself (RFC 5280; ETSI EN 319 412-5 for the qualified statements).

    `serial` is hexadecimal; `public_key` is the SubjectPublicKeyInfo (DER); `key_algorithm` is one of ours
    ("rsa-3072", "ec-p256", ...) or empty; `fingerprint` is the hexadecimal SHA-256 of the DER.
    """

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    public_key: bytes
    key_algorithm: str
    key_usage: frozenset[str]
    is_authority: bool
    for_electronic_seal: bool
    qualified: bool
    on_secure_device: bool
    fingerprint: str


class Misfit(StrEnum):
    """Why a certificate cannot become a customer's seal certificate."""

    KEY_MISMATCH = "key_mismatch"
    AUTHORITY = "authority_certificate"
    KEY_USAGE = "key_usage"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    TOO_SHORT = "validity_too_short"
    NOT_FOR_SEALS = "not_for_seals"
    NOT_QUALIFIED = "not_qualified"
    NOT_ON_DEVICE = "not_on_secure_device"


class Validity(StrEnum):
    """Where a moment lies against a certificate's validity; both ends belong to it (RFC 5280, 4.1.2.5)."""

    NOT_YET = "not_yet"
    VALID = "valid"
    ENDING = "ending"
    EXPIRED = "expired"


def validity(not_before: datetime, not_after: datetime, *, now: datetime) -> Validity:
    """ENDING is the last SEALING_MARGIN, in which no new seal is begun."""
    if now < not_before:
        return Validity.NOT_YET
    if now > not_after:
        return Validity.EXPIRED
    return Validity.ENDING if now > sealing_until(not_after) else Validity.VALID


def sealing_until(not_after: datetime) -> datetime:
    """The last moment at which a new seal is begun with a certificate that ends then."""
    return not_after - SEALING_MARGIN


def misfits(
    facts: CertificateFacts, *, key: bytes, live: bool, now: datetime, lasting_until: datetime | None = None
) -> tuple[Misfit, ...]:
    """All that is wrong with a certificate for the key with this SubjectPublicKeyInfo; empty when it fits.

    A certificate without a key usage extension may be used for anything (RFC 5280, 4.2.1.3). A live one must state
    that it is a qualified certificate for electronic seals with its key in a qualified device (clause A4). With
    `lasting_until` it must be valid until then at least.
    """
    state = validity(facts.not_before, facts.not_after, now=now)
    found = {
        Misfit.KEY_MISMATCH: facts.public_key != key,
        Misfit.AUTHORITY: facts.is_authority,
        Misfit.KEY_USAGE: bool(facts.key_usage) and not facts.key_usage & SIGNING_USAGES,
        Misfit.NOT_YET_VALID: state is Validity.NOT_YET,
        Misfit.EXPIRED: state in {Validity.ENDING, Validity.EXPIRED},
        Misfit.TOO_SHORT: lasting_until is not None and facts.not_after < lasting_until,
        Misfit.NOT_FOR_SEALS: live and not facts.for_electronic_seal,
        Misfit.NOT_QUALIFIED: live and not facts.qualified,
        Misfit.NOT_ON_DEVICE: live and not facts.on_secure_device,
    }
    return tuple(misfit for misfit, applies in found.items() if applies)


@dataclass(frozen=True, slots=True)
class SealSubject:
    """The name a seal certificate is asked for (ETSI EN 319 412-3, 4.2.1).

    `organization_identifier` is the identifier with its scheme, like "NTRLV-40003012345" or "VATLT-123456789"
    (ETSI EN 319 412-1, 5.1.4); `country` is ISO 3166-1 alpha-2.
    """

    common_name: str
    organization: str
    country: str
    organization_identifier: str


def distinguished_name(subject: SealSubject) -> str:
    """The name as one line for people, most specific part first."""
    parts = {
        "CN": subject.common_name,
        "organizationIdentifier": subject.organization_identifier,
        "O": subject.organization,
        "C": subject.country,
    }
    return ",".join(f"{name}={value}" for name, value in parts.items())
