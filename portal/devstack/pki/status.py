"""Certificate status: OCSP (RFC 6960) by a delegated responder, and CRLs (RFC 5280)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from portal.devstack.pki.hierarchy import Entity, key_identifiers
from portal.devstack.pki.registry import Registry, Revocation

OCSP_VALID_FOR = timedelta(hours=1)
CRL_VALID_FOR = timedelta(days=1)
CRL_MADE_ANEW_AFTER = timedelta(hours=1)


class MalformedRequest(Exception):
    """Not an OCSP request that can be answered."""


class StatusResponder:
    """Answers for the certificates of one issuer with the key the issuer gave it for that."""

    def __init__(self, issuer: Entity, responder: Entity, registry: Registry) -> None:
        self._issuer, self._responder, self._registry = issuer, responder, registry

    def answer(self, request: bytes, *, now: datetime) -> bytes:
        """An OCSPResponse in DER: good, revoked or unknown, or `unauthorized` for another issuer's certificates."""
        asked = _parse(request)
        if not self._is_ours(asked):
            refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
            return refusal.public_bytes(serialization.Encoding.DER)
        found = self._registry.status(issuer=self._issuer.name, serial=asked.serial_number)
        revocation = found if isinstance(found, Revocation) else None
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=_status(found),
            this_update=now,
            next_update=now + OCSP_VALID_FOR,
            revocation_time=revocation.revoked_at if revocation else None,
            revocation_reason=x509.ReasonFlags(revocation.reason) if revocation else None,
        )
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self._responder.certificate)
        builder = builder.certificates([self._responder.certificate])
        return builder.sign(self._responder.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _is_ours(self, asked: ocsp.OCSPRequest) -> bool:
        certificate = self._issuer.certificate
        expected = (
            _digest(asked.hash_algorithm, certificate.subject.public_bytes()),
            _digest(asked.hash_algorithm, _public_key_bits(certificate)),
        )
        return (asked.issuer_name_hash, asked.issuer_key_hash) == expected


class RevocationList:
    """The CRL of one issuer, made anew after a revocation and from time to time."""

    def __init__(self, issuer: Entity, registry: Registry) -> None:
        self._issuer, self._registry = issuer, registry
        self._made: tuple[datetime, list[Revocation], bytes] | None = None

    def current(self, *, now: datetime) -> bytes:
        """The CRL in DER."""
        revoked = self._registry.revoked(self._issuer.name)
        if self._made is None or self._made[1] != revoked or now - self._made[0] > CRL_MADE_ANEW_AFTER:
            self._made = (now, revoked, self._build(revoked, now))
        return self._made[2]

    def _build(self, revoked: list[Revocation], now: datetime) -> bytes:
        certificate = self._issuer.certificate
        _, authority = key_identifiers(certificate.public_key(), certificate)
        builder = (
            x509.CertificateRevocationListBuilder(issuer_name=certificate.subject)
            .last_update(now)
            .next_update(now + CRL_VALID_FOR)
            .add_extension(authority, critical=False)
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
        )
        for revocation in revoked:
            builder = builder.add_revoked_certificate(_entry(revocation))
        return builder.sign(self._issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _parse(request: bytes) -> ocsp.OCSPRequest:
    try:
        asked = ocsp.load_der_ocsp_request(request)
        _ = (asked.extensions, asked.hash_algorithm, asked.serial_number)
    except (ValueError, RuntimeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise MalformedRequest(str(error)) from error
    return asked


def _status(found: Revocation | bool) -> ocsp.OCSPCertStatus:
    if isinstance(found, Revocation):
        return ocsp.OCSPCertStatus.REVOKED
    return ocsp.OCSPCertStatus.GOOD if found else ocsp.OCSPCertStatus.UNKNOWN


def _entry(revocation: Revocation) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(revocation.serial, revocation.revoked_at)
    return builder.add_extension(x509.CRLReason(x509.ReasonFlags(revocation.reason)), critical=False).build()


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    return hashlib.new(algorithm.name, content, usedforsecurity=False).digest()


def _public_key_bits(certificate: x509.Certificate) -> bytes:
    """The bits of subjectPublicKey, which RFC 6960 hashes: for RSA, as both issuers are, the PKCS#1 structure."""
    return certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
