"""Revocation answers of certification authorities: OCSP (RFC 6960) and CRL (RFC 5280, section 5).

Only for the certificates of our customers and of our timestamp authorities, and only from hosts in REVOCATION_HOSTS:
nothing that an uploaded file names is ever fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

from asn1crypto import x509
from cryptography import x509 as certificates
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from django.conf import settings
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import CRLValidationError, OCSPValidationError, PathValidationError, RevokedError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from trust.gateways.chains import finish
from trust.gateways.http import NoReply, Reply, exchange

LIMIT_BYTES = 1024 * 1024
# Authorities stamp their answers with their own clocks.
CLOCK_TOLERANCE = timedelta(minutes=1)


class Kind(StrEnum):
    """The two sorts of answers, in the order in which they are asked for."""

    OCSP = "ocsp"
    CRL = "crl"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer about a certificate can be had. `covers` names what the answer is about, the same for all
    certificates that one answer serves."""

    kind: Kind
    url: str
    covers: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as received (DER), with the times it states of itself."""

    source: Source
    content: bytes
    this_update: datetime
    next_update: datetime | None


class AnswerUnusable(Exception):
    """No answer, or one that proves nothing: wrong signer, another certificate, out of date, unreadable."""


class CertificateUnknown(AnswerUnusable):
    """The authority's responder says that it does not know the certificate, so no other source is asked."""


class Revoked(Exception):
    """The answer proves revocation. `on_hold`: it may be lifted again (RFC 5280, 5.3.1)."""

    def __init__(self, revoked_at: datetime, reason: str) -> None:
        super().__init__(f"revoked at {revoked_at:%Y-%m-%d %H:%M} ({reason})")
        self.revoked_at = revoked_at
        self.reason = reason
        self.on_hold = reason == "certificate_hold"


def sources(chain: tuple[bytes, ...]) -> list[Source]:
    """The allowed sources for the first certificate of a chain (certificate, issuer, ...), OCSP before CRL."""
    certificate, issuer = (certificates.load_der_x509_certificate(der) for der in chain[:2])
    identity = f"{sha256(_key(issuer)).hexdigest()}:{certificate.serial_number:x}"
    found = [Source(Kind.OCSP, url, identity) for url in _ocsp_urls(certificate)]
    found += [Source(Kind.CRL, url, url) for url in _crl_urls(certificate)]
    return [source for source in found if _allowed(source.url)]


def fetch(source: Source, chain: tuple[bytes, ...]) -> Answer:
    """Ask a source about the first certificate of a chain. Raises AnswerUnusable, CertificateUnknown."""
    return _fetch_ocsp(source, chain) if source.kind is Kind.OCSP else _fetch_crl(source)


def prove_good(answer: Answer, chain: tuple[bytes, ...], *, now: datetime) -> None:
    """Verify an answer about the first certificate of a validated chain: right certificate, signed by its issuer or
    by a responder that the issuer has delegated (OCSPSigning), in time, and good.

    Raises Revoked, AnswerUnusable.
    """
    leaf, *authorities = (x509.Certificate.load(der) for der in chain)
    *intermediates, anchor = authorities
    path = ValidationPath(CertTrustAnchor(anchor), interm=reversed(intermediates), leaf=leaf)
    ocsps, crls = ([answer.content], []) if answer.source.kind is Kind.OCSP else ([], [answer.content])
    try:
        context = ValidationContext(
            trust_roots=[anchor],
            other_certs=intermediates,
            moment=now,
            time_tolerance=CLOCK_TOLERANCE,
            ocsps=ocsps,
            crls=crls,
        )
        finish((verify_ocsp_response if ocsps else verify_crl)(leaf, path, context))
    except RevokedError as error:
        raise Revoked(error.revocation_dt, error.reason.native) from error
    except (OCSPValidationError, CRLValidationError, PathValidationError, ValueError, TypeError) as error:
        raise AnswerUnusable(f"{type(error).__name__}: {error}") from error


def _fetch_ocsp(source: Source, chain: tuple[bytes, ...]) -> Answer:
    certificate, issuer = (certificates.load_der_x509_certificate(der) for der in chain[:2])
    # The identifier names a certificate, it protects nothing; SHA-1 is what responders precompute (RFC 5019, 2.1.1).
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1()).build()  # noqa: S303 - see above
    reply = _exchange("POST", source.url, "application/ocsp-response", request.public_bytes(Encoding.DER))
    try:
        response = ocsp.load_der_ocsp_response(reply.body)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise AnswerUnusable(f"OCSP status {response.response_status.name}")
        if response.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            raise CertificateUnknown("The responder does not know the certificate.")
        return Answer(source, reply.body, response.this_update_utc, response.next_update_utc)
    except ValueError as error:
        raise AnswerUnusable("Not an OCSP response.") from error


def _fetch_crl(source: Source) -> Answer:
    reply = _exchange("GET", source.url, "application/pkix-crl", None)
    try:
        crl = certificates.load_der_x509_crl(reply.body)
        return Answer(source, reply.body, crl.last_update_utc, crl.next_update_utc)
    except (ValueError, certificates.InvalidVersion) as error:
        raise AnswerUnusable("Not a certificate revocation list.") from error


def _exchange(method: str, url: str, accept: str, body: bytes | None) -> Reply:
    headers = {"Accept": accept} | ({"Content-Type": "application/ocsp-request"} if body else {})
    try:
        reply = exchange(method, url, limit_bytes=LIMIT_BYTES, body=body, headers=headers)
    except NoReply as error:
        raise AnswerUnusable(f"No reply: {error}") from error
    if reply.status != 200:
        raise AnswerUnusable(f"HTTP {reply.status}")
    return reply


def _key(certificate: certificates.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _ocsp_urls(certificate: certificates.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(certificates.AuthorityInformationAccess).value
    except certificates.ExtensionNotFound:
        return []
    return [
        one.access_location.value
        for one in access
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, certificates.UniformResourceIdentifier)
    ]


def _crl_urls(certificate: certificates.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(certificates.CRLDistributionPoints).value
    except certificates.ExtensionNotFound:
        return []
    names = (name for point in points for name in point.full_name or ())
    return [name.value for name in names if isinstance(name, certificates.UniformResourceIdentifier)]


def _allowed(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool({parts.netloc, parts.hostname} & set(settings.REVOCATION_HOSTS))
