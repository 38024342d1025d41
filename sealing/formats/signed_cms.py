"""Reading CMS signatures and timestamp tokens, and verifying them with `cryptography` (RFC 5652, RFC 3161)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from .certificates import load_certificate
from .errors import SealCheckFailed

ARCHIVE_TIMESTAMP: Final = "0.4.0.1733.2.4"
"""archive-time-stamp-v3 (ETSI EN 319 122-1, 5.5.3)."""
_OCSP: Final = "ocsp_response"
HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True)
class SignedCms:
    """A CMS SignedData with exactly one signer; everything is DER unless it has a name of its own."""

    content_type: str
    content: bytes
    certificates: tuple[bytes, ...]
    issuer: bytes
    serial_number: int
    key_identifier: bytes
    digest_algorithm: str
    scheme: str
    salt_length: int
    signed_attributes: bytes
    attribute_types: tuple[str, ...]
    attribute_content_type: str
    message_digest: bytes
    certificate_digests: tuple[tuple[str, bytes], ...]
    signature: bytes
    timestamp_token: bytes
    signing_time: datetime | None = None
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def signer_certificate(self, others: tuple[bytes, ...] = ()) -> bytes:
        """The certificate the signer identifier names, among the embedded ones or `others`."""
        for der in (*self.certificates, *others):
            if self._names(der):
                return der
        raise SealCheckFailed("signer certificate missing")

    def _names(self, der: bytes) -> bool:
        certificate = load_certificate(der)
        if self.key_identifier:
            identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            return identifier.value.digest == self.key_identifier
        return certificate.serial_number == self.serial_number and certificate.issuer.public_bytes() == self.issuer


def parse_signed_cms(der: bytes) -> SignedCms:
    """Parse a ContentInfo; raises `SealCheckFailed` on anything but one signer with signed attributes."""
    try:
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise SealCheckFailed("not a CMS signature")
        return _parse_signed_data(info["content"])
    except (ValueError, TypeError, KeyError) as error:
        raise SealCheckFailed("malformed CMS signature") from error


def _parse_signed_data(signed_data: cms.SignedData) -> SignedCms:
    if len(signed_data["signer_infos"]) != 1:
        raise SealCheckFailed("not exactly one signer")
    signer = signed_data["signer_infos"][0]
    attributes = _values(signer["signed_attrs"], "signed attribute")
    unsigned = _values(signer["unsigned_attrs"], "unsigned attribute")
    identifier = signer["sid"].chosen
    by_key = signer["sid"].name == "subject_key_identifier"
    algorithm = signer["signature_algorithm"]
    scheme = algorithm.signature_algo
    token = unsigned.get("signature_time_stamp_token")
    content = signed_data["encap_content_info"]
    return SignedCms(
        content_type=content["content_type"].native,
        content=(content["content"].contents and bytes(content["content"])) or b"",
        certificates=_certificates(signed_data),
        issuer=b"" if by_key else identifier["issuer"].dump(),
        serial_number=0 if by_key else identifier["serial_number"].native,
        key_identifier=identifier.native if by_key else b"",
        digest_algorithm=signer["digest_algorithm"]["algorithm"].native,
        scheme=scheme,
        salt_length=algorithm["parameters"]["salt_length"].native if scheme == "rsassa_pss" else 0,
        signed_attributes=b"\x31" + signer["signed_attrs"].dump()[1:],
        attribute_types=tuple(attributes),
        attribute_content_type=attributes["content_type"].native if "content_type" in attributes else "",
        message_digest=attributes["message_digest"].native if "message_digest" in attributes else b"",
        certificate_digests=_certificate_digests(attributes),
        signature=signer["signature"].native,
        timestamp_token=token.dump() if token is not None else b"",
        signing_time=attributes["signing_time"].native if "signing_time" in attributes else None,
        ocsps=_revocations(signed_data, "other"),
        crls=_revocations(signed_data, "crl"),
    )


def _values(attributes: cms.CMSAttributes, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in attributes:
        name = attribute["type"].native
        if name == ARCHIVE_TIMESTAMP:
            continue  # there may be several, and whoever asks for them reads them all
        if name in found or len(attribute["values"]) != 1:
            raise SealCheckFailed(f"{kind} {name} is not there exactly once")
        found[name] = attribute["values"][0]
    return found


def _certificates(signed_data: cms.SignedData) -> tuple[bytes, ...]:
    return tuple(choice.chosen.dump() for choice in signed_data["certificates"] if choice.name == "certificate")


def _revocations(signed_data: cms.SignedData, kind: str) -> tuple[bytes, ...]:
    """The CRLs, or the OCSP responses (RFC 5940), that lie in the SignedData."""
    found = [choice.chosen for choice in signed_data["crls"] if choice.name == kind]
    if kind == "crl":
        return tuple(each.dump() for each in found)
    return tuple(each["other_rev_info"].dump() for each in found if each["other_rev_info_format"].native == _OCSP)


def _certificate_digests(attributes: dict[str, Any]) -> tuple[tuple[str, bytes], ...]:
    version_2 = attributes.get("signing_certificate_v2")
    if isinstance(version_2, tsp.SigningCertificateV2):
        return tuple(
            (each["hash_algorithm"]["algorithm"].native, each["cert_hash"].native) for each in version_2["certs"]
        )
    version_1 = attributes.get("signing_certificate")
    if isinstance(version_1, tsp.SigningCertificate):
        return tuple(("sha1", each["cert_hash"].native) for each in version_1["certs"])
    return ()


def check_signature(signed: SignedCms, certificate: bytes, content_digest: bytes, content_type: str) -> None:
    """The signed attributes are right for the content, and the signature over them is the certificate's.

    `content_digest` was made with the signer's own digest algorithm. Raises `SealCheckFailed`.
    """
    if signed.attribute_content_type != content_type:
        raise SealCheckFailed("wrong content type")
    if signed.message_digest != content_digest:
        raise SealCheckFailed("message digest differs from the document")
    if not signed.certificate_digests:
        raise SealCheckFailed("no signing-certificate attribute")
    algorithm, digest = signed.certificate_digests[0]
    if hashlib.new(algorithm, certificate).digest() != digest:
        raise SealCheckFailed("signing-certificate attribute names another certificate")
    try:
        _verify(signed, load_certificate(certificate).public_key())
    except InvalidSignature as error:
        raise SealCheckFailed("signature value is wrong") from error


def _verify(signed: SignedCms, key: object) -> None:
    digest = HASHES.get(signed.digest_algorithm)
    if digest is None:
        raise SealCheckFailed(f"digest algorithm {signed.digest_algorithm} is not accepted")
    message, signature = signed.signed_attributes, signed.signature
    if isinstance(key, rsa.RSAPublicKey) and signed.scheme == "rsassa_pkcs1v15":
        key.verify(signature, message, padding.PKCS1v15(), digest)
    elif isinstance(key, rsa.RSAPublicKey) and signed.scheme == "rsassa_pss":
        key.verify(signature, message, padding.PSS(padding.MGF1(digest), signed.salt_length), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and signed.scheme == "ecdsa":
        key.verify(signature, message, ec.ECDSA(digest))
    elif isinstance(key, ed25519.Ed25519PublicKey) and signed.scheme == "ed25519":
        key.verify(signature, message)
    else:
        raise SealCheckFailed("signature algorithm does not fit the key")


@dataclass(frozen=True)
class TimestampFacts:
    """What a timestamp token states: imprint, time (UTC) and serial number."""

    imprint_algorithm: str
    imprint: bytes
    generated_at: datetime
    serial_number: int
    policy: str


def parse_timestamp(signed: SignedCms) -> TimestampFacts:
    """The TSTInfo inside a token; raises `SealCheckFailed`."""
    if signed.content_type != "tst_info":
        raise SealCheckFailed("not a timestamp token")
    try:
        info = tsp.TSTInfo.load(signed.content, strict=True)
        return TimestampFacts(
            imprint_algorithm=info["message_imprint"]["hash_algorithm"]["algorithm"].native,
            imprint=info["message_imprint"]["hashed_message"].native,
            generated_at=info["gen_time"].native,
            serial_number=info["serial_number"].native,
            policy=info["policy"].dotted,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise SealCheckFailed("malformed timestamp token") from error
