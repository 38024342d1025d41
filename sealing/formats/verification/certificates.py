"""What a certificate says about who holds it, and what it claims to be (ETSI EN 319 412-1 and -5)."""

import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from sealing.formats.certificates import load_certificate

_QUALIFIED_STATEMENTS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_COMPLIANCE: Final = "0.4.0.1862.1.1"
_SECURE_DEVICE: Final = "0.4.0.1862.1.4"
_TYPE: Final = "0.4.0.1862.1.6"
_PURPOSES: Final = {"0.4.0.1862.1.6.1": "signature", "0.4.0.1862.1.6.2": "seal", "0.4.0.1862.1.6.3": "website"}
_ORGANIZATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")
_LONGEST_TEXT: Final = 300


class _Statement(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]


class _Statements(core.SequenceOf):
    _child_spec = _Statement


class _Types(core.SequenceOf):
    _child_spec = core.ObjectIdentifier


@dataclass(frozen=True)
class Holder:
    """A certificate for people: names, validity (UTC), SHA-256 fingerprint, and what it claims.

    `qualified`, `secure_device` and `purpose` ("seal", "signature", "website" or empty) are the certificate's own
    statements: nobody has looked them up in a trusted list.
    """

    name: str
    organization: str
    organization_identifier: str
    country: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str
    qualified: bool
    secure_device: bool
    purpose: str


def holder_of(der: bytes) -> Holder:
    """Read a certificate; what it states in an unreadable way counts as not stated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # names longer than X.520 allows are still names
        return _holder(load_certificate(der))


def _holder(certificate: x509.Certificate) -> Holder:
    statements = _statements(certificate)
    named = {_ORGANIZATION_IDENTIFIER: "organizationIdentifier"}
    return Holder(
        name=_name(certificate, NameOID.COMMON_NAME),
        organization=_name(certificate, NameOID.ORGANIZATION_NAME),
        organization_identifier=_name(certificate, _ORGANIZATION_IDENTIFIER),
        country=_name(certificate, NameOID.COUNTRY_NAME),
        subject=certificate.subject.rfc4514_string(named)[:_LONGEST_TEXT],
        issuer=certificate.issuer.rfc4514_string(named)[:_LONGEST_TEXT],
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        qualified=_COMPLIANCE in statements,
        secure_device=_SECURE_DEVICE in statements,
        purpose=next((purpose for oid, purpose in _PURPOSES.items() if oid in statements), ""),
    )


def _name(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value)[:_LONGEST_TEXT] if found else ""


def _statements(certificate: x509.Certificate) -> frozenset[str]:
    """The OIDs of the statements, and of the types inside QcType."""
    try:
        extension = certificate.extensions.get_extension_for_oid(_QUALIFIED_STATEMENTS).value
        found: set[str] = set()
        for statement in _Statements.load(extension.public_bytes()):
            found.add(statement["id"].native)
            if statement["id"].native == _TYPE:
                found.update(_Types.load(statement["info"].dump()).native)
    except (x509.ExtensionNotFound, ValueError, TypeError):
        return frozenset()
    return frozenset(found)
