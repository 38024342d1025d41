"""Certificates for electronic seals, as ETSI EN 319 412-3 and -5 describe them, from a certificate request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from portal.devstack.pki.der import SEQUENCE, oid, tlv
from portal.devstack.pki.hierarchy import Entity, key_identifiers, key_usage, locations
from portal.devstack.pki.registry import Registry

ALLOWED_FOR_SKEW = timedelta(minutes=5)
SMALLEST_RSA_BITS = 2048
CURVES = ("secp256r1", "secp384r1")
QCP_L_QSCD = x509.ObjectIdentifier("0.4.0.194112.1.3")
QC_STATEMENTS = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"),
    tlv(
        SEQUENCE,
        tlv(SEQUENCE, oid("0.4.0.1862.1.1")),  # QcCompliance
        tlv(SEQUENCE, oid("0.4.0.1862.1.4")),  # QcSSCD
        tlv(SEQUENCE, oid("0.4.0.1862.1.6"), tlv(SEQUENCE, oid("0.4.0.1862.1.6.2"))),  # QcType eseal
    ),
)
REQUIRED_IN_SUBJECT = {
    NameOID.COUNTRY_NAME: "countryName",
    NameOID.ORGANIZATION_NAME: "organizationName",
    NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
    NameOID.COMMON_NAME: "commonName",
}


class RequestRefused(Exception):
    """The certificate request cannot be granted; the message says why."""


@dataclass(frozen=True)
class SealCertificateAuthority:
    issuer: Entity
    registry: Registry
    base_url: str

    def issue(self, request_pem: bytes, *, years: int, now: datetime) -> bytes:
        """The certificate followed by its issuer's, both PEM. Raises RequestRefused."""
        request = _checked_request(request_pem)
        certificate = self._certify(request, years, now)
        subject = certificate.subject.rfc4514_string()
        self.registry.record(issuer=self.issuer.name, serial=certificate.serial_number, subject=subject, now=now)
        return Entity("seal", self.issuer.key, certificate).pem + self.issuer.pem

    def _certify(self, request: x509.CertificateSigningRequest, years: int, now: datetime) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(subject_name=request.subject, issuer_name=self.issuer.certificate.subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - ALLOWED_FOR_SKEW)
            .not_valid_after(now + timedelta(days=365 * years))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage("digital_signature", "content_commitment"), critical=True)
        )
        for extension in (
            *key_identifiers(request.public_key(), self.issuer.certificate),
            x509.CertificatePolicies([x509.PolicyInformation(QCP_L_QSCD, None)]),
            *locations(self.issuer.name, base_url=self.base_url),
            QC_STATEMENTS,
        ):
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.issuer.key, hashes.SHA256())


def _checked_request(request_pem: bytes) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(request_pem)
        signed_by_its_key = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestRefused(f"Not a certificate request in PEM: {error}") from error
    if not signed_by_its_key:
        raise RequestRefused("The request is not signed by the key it names.")
    if not _is_strong(key):
        raise RequestRefused(f"The key must be RSA of {SMALLEST_RSA_BITS} bits or more, or EC P-256 or P-384.")
    missing = [name for kind, name in REQUIRED_IN_SUBJECT.items() if not request.subject.get_attributes_for_oid(kind)]
    if missing:
        raise RequestRefused(f"The subject lacks {', '.join(missing)} (ETSI EN 319 412-3, 4.2.1).")
    return request


def _is_strong(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= SMALLEST_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES
