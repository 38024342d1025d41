"""Reads what a certificate says (RFC 5280; qualified statements: RFC 3739 and ETSI EN 319 412-5)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trust.rules.certificates import CertificateFacts

_QUALIFIED_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_QC_COMPLIANCE = "0.4.0.1862.1.1"
_QC_SECURE_DEVICE = "0.4.0.1862.1.4"
_QC_TYPE = "0.4.0.1862.1.6"
_QC_TYPE_SEAL = "0.4.0.1862.1.6.2"
_EC_NAMES = {"secp256r1": "ec-p256", "secp384r1": "ec-p384"}


class _QcStatement(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]


class _QcStatements(core.SequenceOf):
    _child_spec = _QcStatement


class _QcTypes(core.SequenceOf):
    _child_spec = core.ObjectIdentifier


def read_certificate(der: bytes) -> CertificateFacts:
    """The facts of one certificate. Raises ValueError when it cannot be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error
    key = certificate.public_key()
    statements = _qualified_statements(certificate)
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string({x509.ObjectIdentifier("2.5.4.97"): "organizationIdentifier"}),
        issuer=certificate.issuer.rfc4514_string({x509.ObjectIdentifier("2.5.4.97"): "organizationIdentifier"}),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        public_key=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        key_algorithm=_key_algorithm(key),
        key_usage=_key_usage(certificate),
        is_authority=_is_authority(certificate),
        for_electronic_seal=_QC_TYPE_SEAL in statements,
        qualified=_QC_COMPLIANCE in statements,
        on_secure_device=_QC_SECURE_DEVICE in statements,
        fingerprint=sha256(der).hexdigest(),
    )


def _key_algorithm(key: CertificatePublicKeyTypes) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    return _EC_NAMES.get(key.curve.name, "") if isinstance(key, ec.EllipticCurvePublicKey) else ""


def _key_usage(certificate: x509.Certificate) -> frozenset[str]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset()
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    )
    return frozenset(name for name in names if getattr(usage, name))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _qualified_statements(certificate: x509.Certificate) -> frozenset[str]:
    """The OIDs of the statements, and of the types (seal, signature, web) inside QcType."""
    try:
        extension = certificate.extensions.get_extension_for_oid(_QUALIFIED_STATEMENTS).value
    except x509.ExtensionNotFound:
        return frozenset()
    found: set[str] = set()
    for statement in _QcStatements.load(extension.public_bytes(), strict=True):
        found.add(statement["id"].native)
        if statement["id"].native == _QC_TYPE:
            found.update(_QcTypes.load(statement["info"].dump()).native)
    return frozenset(found)


def pem_text(certificates: Iterable[bytes]) -> str:
    """Certificates (DER) one after the other in PEM."""
    return "".join(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM).decode() for one in certificates)


def verifies(certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a SHA-256 signature by `hsm.sign` verifies with the key of a certificate (DER)."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, PKCS1v15(), SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True
