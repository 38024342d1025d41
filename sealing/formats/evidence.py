"""Revocation data: does it speak about this certificate, is it genuine, and what does it say?

OCSP by RFC 6960, CRLs by RFC 5280. Nothing is ever fetched: only the material at hand counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import ocsp

from .certificates import (
    LONGEST_CHAIN,
    is_issued_by,
    is_timestamping_certificate,
    is_valid_at,
    load_certificate,
    may_sign_ocsp,
    needs_no_revocation_check,
)
from .errors import SealCheckFailed
from .keys import ValidationMaterial
from .signed_cms import parse_signed_cms

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - names certificates in OCSP requests (RFC 6960); no signature relies on it
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
UNDATED_ANSWER_LIFE: Final = timedelta(hours=24)
"""How long an answer without nextUpdate counts."""


def covers_timestamp(material: ValidationMaterial, token: bytes) -> bool:
    """Whether the material speaks about every certificate of a token's chain that it leads through.

    A forecast to decide whether more must be added, without checking any signature of an answer; the gate decides.
    """
    embedded = _embedded_certificates(token)
    pool = (*embedded, *material.certificates)
    try:
        subject = _authority(token, embedded, pool)
    except SealCheckFailed:
        return False
    issuer = _issuer(subject, pool)
    if issuer is None:
        return False
    for _ in range(LONGEST_CHAIN):
        if issuer is None or issuer == subject:
            return True
        if not _is_covered(material, subject, issuer):
            return False
        subject, issuer = issuer, _issuer(issuer, pool)
    return False


def _authority(token: bytes, embedded: tuple[bytes, ...], pool: tuple[bytes, ...]) -> bytes:
    """The certificate that signed the token; parsing the token is only needed when it embeds several candidates."""
    candidates = [der for der in embedded if is_timestamping_certificate(der)]
    return candidates[0] if len(candidates) == 1 else parse_signed_cms(token).signer_certificate(pool)


def _embedded_certificates(token: bytes) -> tuple[bytes, ...]:
    try:
        found = pkcs7.load_der_pkcs7_certificates(token)
    except ValueError:
        return ()
    return tuple(each.public_bytes(serialization.Encoding.DER) for each in found)


def _issuer(certificate: bytes, pool: tuple[bytes, ...]) -> bytes | None:
    return next((der for der in pool if is_issued_by(certificate, der)), None)


def _is_covered(material: ValidationMaterial, subject: bytes, issuer: bytes) -> bool:
    by_ocsp = any(_single_answer(der, subject, issuer) is not None for der in material.ocsps)
    return by_ocsp or any(_is_crl_of(der, issuer) for der in material.crls)


def check_not_revoked(
    certificate: bytes, issuer: bytes, material: ValidationMaterial, at: datetime, depth: int = 0
) -> None:
    """The material proves that the certificate was good at that moment; else `SealCheckFailed`."""
    for der in material.ocsps:
        if _ocsp_proves(der, certificate, issuer, material, at, depth):
            return
    for der in material.crls:
        if _crl_proves(der, certificate, issuer, at):
            return
    raise SealCheckFailed("revocation data missing or outdated for a certificate of the chain")


@dataclass(frozen=True)
class RevocationState:
    """What revocation data says of a certificate: `known` at all, and since when it is `revoked_at` (UTC), if it is."""

    known: bool
    revoked_at: datetime | None = None


def revocation_state(certificate: bytes, issuer: bytes, material: ValidationMaterial, at: datetime) -> RevocationState:
    """What genuine answers in the material say, those still current at that moment; a revocation counts at any age."""
    for der in material.crls:
        if _is_crl_of(der, issuer) and (revoked_at := _revoked_by_crl(der, certificate)):
            return RevocationState(True, revoked_at)
    for der in material.ocsps:
        single = _single_answer(der, certificate, issuer)
        if single is None or single.certificate_status is not ocsp.OCSPCertStatus.REVOKED:
            continue
        if _responder(der, issuer, material.certificates) is not None:
            return RevocationState(True, single.revocation_time_utc)
    try:
        check_not_revoked(certificate, issuer, material, at)
    except SealCheckFailed:
        return RevocationState(False)
    return RevocationState(True)


def _revoked_by_crl(der: bytes, certificate: bytes) -> datetime | None:
    crl = _load_crl(der)
    serial = load_certificate(certificate).serial_number
    entry = crl.get_revoked_certificate_by_serial_number(serial) if crl is not None else None
    return entry.revocation_date_utc if entry is not None else None


def _is_current(this_update: datetime, next_update: datetime | None, at: datetime) -> bool:
    if next_update is None:
        return this_update + UNDATED_ANSWER_LIFE >= at
    return next_update >= at


@lru_cache(maxsize=512)
def _load_ocsp(der: bytes) -> ocsp.OCSPResponse | None:
    try:
        response = ocsp.load_der_ocsp_response(der)
    except ValueError:
        return None
    return response if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL else None


@lru_cache(maxsize=4096)
def _certificate_id(certificate: bytes, issuer: bytes, algorithm: str) -> tuple[bytes, bytes, int]:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        load_certificate(certificate), load_certificate(issuer), HASHES[algorithm]
    )
    request = builder.build()
    return request.issuer_name_hash, request.issuer_key_hash, request.serial_number


@lru_cache(maxsize=4096)
def _single_answer(der: bytes, certificate: bytes, issuer: bytes) -> ocsp.OCSPSingleResponse | None:
    response = _load_ocsp(der)
    for single in response.responses if response is not None else ():
        found = (single.issuer_name_hash, single.issuer_key_hash, single.serial_number)
        if found == _certificate_id(certificate, issuer, single.hash_algorithm.name):
            return single
    return None


def _ocsp_proves(
    der: bytes, certificate: bytes, issuer: bytes, material: ValidationMaterial, at: datetime, depth: int
) -> bool:
    single = _single_answer(der, certificate, issuer)
    if single is None:
        return False
    if single.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise SealCheckFailed("a certificate of the chain is revoked or unknown")
    if not _is_current(single.this_update_utc, single.next_update_utc, at):
        return False
    responder = _responder(der, issuer, material.certificates)
    if responder is None:
        return False
    if responder == issuer:
        return True
    response = _load_ocsp(der)
    if response is None or not is_valid_at(responder, response.produced_at_utc):
        return False
    if not needs_no_revocation_check(responder):
        if depth > 1:
            raise SealCheckFailed("OCSP responders vouch for each other")
        check_not_revoked(responder, issuer, material, at, depth + 1)
    return True


@lru_cache(maxsize=1024)
def _responder(der: bytes, issuer: bytes, pool: tuple[bytes, ...]) -> bytes | None:
    """The certificate that signed an OCSP response: the issuer itself, or one the issuer delegated to."""
    response = _load_ocsp(der)
    if response is None:
        return None
    embedded = tuple(each.public_bytes(serialization.Encoding.DER) for each in response.certificates)
    delegates = (each for each in (*embedded, *pool) if may_sign_ocsp(each) and is_issued_by(each, issuer))
    return next((each for each in (issuer, *delegates) if _signed(response, each)), None)


def _signed(response: ocsp.OCSPResponse, signer: bytes) -> bool:
    key = load_certificate(signer).public_key()
    algorithm = response.signature_hash_algorithm
    message, signature = response.tbs_response_bytes, response.signature
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(signature, message, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(signature, message, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=64)
def _load_crl(der: bytes) -> x509.CertificateRevocationList | None:
    try:
        return x509.load_der_x509_crl(der)
    except (ValueError, x509.InvalidVersion):
        return None


@lru_cache(maxsize=256)
def _is_crl_of(der: bytes, issuer: bytes) -> bool:
    """A complete CRL (no delta, no partial scope) signed by that issuer."""
    crl, parent = _load_crl(der), load_certificate(issuer)
    if crl is None or crl.issuer != parent.subject:
        return False
    key = parent.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or not crl.is_signature_valid(key):
        return False
    return not any(
        isinstance(each.value, x509.DeltaCRLIndicator | x509.IssuingDistributionPoint)
        and each.critical
        and not _covers_everything(each.value)
        for each in crl.extensions
    )


def _covers_everything(extension: x509.DeltaCRLIndicator | x509.IssuingDistributionPoint) -> bool:
    return isinstance(extension, x509.IssuingDistributionPoint) and not (
        extension.indirect_crl
        or extension.only_some_reasons
        or extension.only_contains_attribute_certs
        or extension.only_contains_ca_certs
        or extension.only_contains_user_certs
    )


def _crl_proves(der: bytes, certificate: bytes, issuer: bytes, at: datetime) -> bool:
    crl = _load_crl(der)
    if crl is None or not _is_crl_of(der, issuer):
        return False
    if not _is_current(crl.last_update_utc, crl.next_update_utc, at):
        return False
    if crl.get_revoked_certificate_by_serial_number(load_certificate(certificate).serial_number) is not None:
        raise SealCheckFailed("a certificate of the chain is revoked or unknown")
    return True
