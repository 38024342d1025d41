"""Certificates and chains. Results about the same bytes never change, so they are remembered."""

from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from .errors import SealCheckFailed

LONGEST_CHAIN: Final = 8


@lru_cache(maxsize=1024)
def load_certificate(der: bytes) -> x509.Certificate:
    """Parse a DER certificate. Raises `SealCheckFailed`."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise SealCheckFailed("malformed certificate") from error


@lru_cache(maxsize=4096)
def is_issued_by(certificate: bytes, issuer: bytes) -> bool:
    """Whether the issuer's name and key fit the certificate's issuer and signature, and it may issue at all."""
    parent = load_certificate(issuer)
    try:
        load_certificate(certificate).verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return _may_issue(parent)


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1


def is_valid_at(certificate: bytes, at: datetime) -> bool:
    """Whether a moment lies in the certificate's validity period."""
    parsed = load_certificate(certificate)
    return parsed.not_valid_before_utc <= at <= parsed.not_valid_after_utc


def build_chain(certificate: bytes, others: tuple[bytes, ...], anchors: tuple[bytes, ...], at: datetime) -> list[bytes]:
    """The path from a certificate to a trust anchor, both included, all valid at that moment.

    Raises `SealCheckFailed` when there is none.
    """
    chain = [certificate]
    trusted = set(anchors)
    while chain[-1] not in trusted:
        current = chain[-1]
        parent = next((der for der in (*anchors, *others) if der not in chain and is_issued_by(current, der)), None)
        if parent is None or len(chain) >= LONGEST_CHAIN:
            raise SealCheckFailed("certificate does not lead to a trust anchor")
        chain.append(parent)
    if not all(is_valid_at(der, at) for der in chain):
        raise SealCheckFailed("certificate was not valid at the time")
    return chain


@lru_cache(maxsize=1024)
def is_timestamping_certificate(certificate: bytes) -> bool:
    """RFC 3161, 2.3: exactly one extended key usage, timeStamping, and it is critical."""
    return _has_sole_usage(certificate, ExtendedKeyUsageOID.TIME_STAMPING, critical=True)


@lru_cache(maxsize=1024)
def may_sign_ocsp(certificate: bytes) -> bool:
    """RFC 6960, 4.2.2.2: a delegated responder carries the OCSPSigning usage."""
    try:
        usages = load_certificate(certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages.value


def _has_sole_usage(certificate: bytes, usage: x509.ObjectIdentifier, *, critical: bool) -> bool:
    try:
        usages = load_certificate(certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return list(usages.value) == [usage] and usages.critical is critical


@lru_cache(maxsize=1024)
def needs_no_revocation_check(certificate: bytes) -> bool:
    """Whether a responder's certificate carries id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1)."""
    try:
        load_certificate(certificate).extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return True
