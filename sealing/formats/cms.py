"""CMS signatures, assembled from parts that never change for a certificate.

ETSI EN 319 122-1 (CAdES baseline) and RFC 5652: signed attributes content-type, message-digest,
signing-certificate-v2 (RFC 5035) and algorithm protection (RFC 6211); signing-time everywhere but inside a PDF, which
carries it in /M (ETSI EN 319 142-1, 6.3); the timestamp of the signature value is an unsigned attribute. At level
B-LT certificates, CRLs and OCSP responses (RFC 5940) are in the SignedData itself, as EN 319 122-1, 6.3 wants them.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from asn1crypto import algos, cms, core, tsp, x509

from .der import OCTET_STRING, SEQUENCE, header_size, set_of, tlv
from .keys import SIGNATURE_SIZES, SealingKey, ValidationMaterial

DIGEST: Final = "sha256"
DIGEST_SIZE: Final = 32

_VERSION_1: Final = core.Integer(1).dump()
_VERSION_5: Final = core.Integer(5).dump()
_ID_DATA: Final = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump()
_ID_SIGNED_DATA: Final = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
_ID_MESSAGE_DIGEST: Final = core.ObjectIdentifier("1.2.840.113549.1.9.4").dump()
_ID_SIGNING_TIME: Final = core.ObjectIdentifier("1.2.840.113549.1.9.5").dump()
_ID_TIMESTAMP_TOKEN: Final = core.ObjectIdentifier("1.2.840.113549.1.9.16.2.14").dump()
_ID_OCSP_RESPONSE: Final = core.ObjectIdentifier("1.3.6.1.5.5.7.16.2").dump()
_CERTIFICATES: Final = 0xA0
_REVOCATIONS: Final = 0xA1
_OTHER_REVOCATION: Final = 0xA1
_SIGNED_ATTRIBUTES: Final = 0xA0
_UNSIGNED_ATTRIBUTES: Final = 0xA1
_EXPLICIT_CONTENT: Final = 0xA0
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_FIRST_GENERALIZED_YEAR: Final = 2050  # RFC 5652, 11.3
_OUTER_HEADERS: Final = 10 * header_size(1 << 16)


@dataclass(frozen=True)
class CmsTemplate:
    """The constant DER of every signature made with one certificate; see `cms_template`."""

    content_head: bytes
    certificates: frozenset[bytes]
    signer_info_head: bytes
    constant_attributes: tuple[bytes, ...]
    signature_algorithm: bytes
    signature_size: int

    def signed_attributes(self, document_digest: bytes, signed_at: datetime | None = None) -> bytes:
        """The DER to be signed: the attributes as an explicit SET OF (RFC 5652, 5.4)."""
        time = [_signing_time(signed_at)] if signed_at is not None else []
        return set_of(*self.constant_attributes, _message_digest(document_digest), *time)

    def assemble(
        self,
        signed_attributes: bytes,
        signature: bytes,
        timestamp_token: bytes,
        material: ValidationMaterial | None = None,
    ) -> bytes:
        """The complete ContentInfo of a signature with its timestamp, and at B-LT with what proves it valid."""
        unsigned = set_of(tlv(SEQUENCE, _ID_TIMESTAMP_TOKEN, set_of(timestamp_token)), tag=_UNSIGNED_ATTRIBUTES)
        signer_info = tlv(
            SEQUENCE,
            self.signer_info_head,
            bytes((_SIGNED_ATTRIBUTES,)) + signed_attributes[1:],
            self.signature_algorithm,
            tlv(OCTET_STRING, signature),
            unsigned,
        )
        signed_data = tlv(SEQUENCE, self._head(material or ValidationMaterial()), set_of(signer_info))
        return tlv(SEQUENCE, _ID_SIGNED_DATA, tlv(_EXPLICIT_CONTENT, signed_data))

    def _head(self, material: ValidationMaterial) -> bytes:
        """Everything of the SignedData before the signers; version 5 goes with OCSP responses (RFC 5652, 5.1)."""
        answers = [tlv(_OTHER_REVOCATION, _ID_OCSP_RESPONSE, der) for der in material.ocsps]
        revocations = {*answers, *material.crls}
        return b"".join(
            (
                _VERSION_5 if answers else _VERSION_1,
                self.content_head,
                set_of(*self.certificates.union(material.certificates), tag=_CERTIFICATES),
                set_of(*revocations, tag=_REVOCATIONS) if revocations else b"",
            )
        )

    def largest_size(self, timestamp_size: int) -> int:
        """Upper bound in bytes of `assemble` with a token of at most `timestamp_size` bytes."""
        constant = (
            len(self._head(ValidationMaterial()))
            + len(self.signer_info_head)
            + len(self.signed_attributes(bytes(DIGEST_SIZE)))
            + len(self.signature_algorithm)
            + len(_ID_SIGNED_DATA)
            + len(_ID_TIMESTAMP_TOKEN)
        )
        return constant + self.signature_size + timestamp_size + _OUTER_HEADERS


def cms_template(key: SealingKey) -> CmsTemplate:
    """The frozen parts for a key's certificate; built once per certificate and process."""
    return _build_template(key.certificate, key.chain, key.algorithm, key.digest_algorithm)


@lru_cache(maxsize=256)
def _build_template(certificate: bytes, chain: tuple[bytes, ...], algorithm: str, digest: str) -> CmsTemplate:
    parsed = x509.Certificate.load(certificate)
    digest_algorithm = algos.DigestAlgorithm({"algorithm": digest})
    scheme = "rsa" if algorithm.startswith("rsa-") else "ecdsa"
    signature_algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_{scheme}"})
    signer_id = cms.IssuerAndSerialNumber({"issuer": parsed.issuer, "serial_number": parsed.serial_number})
    return CmsTemplate(
        content_head=set_of(digest_algorithm.dump()) + tlv(SEQUENCE, _ID_DATA),
        certificates=frozenset({certificate, *chain}),
        signer_info_head=_VERSION_1 + signer_id.dump() + digest_algorithm.dump(),
        constant_attributes=(
            _attribute("content_type", "data"),
            _attribute("signing_certificate_v2", _signing_certificate(certificate, parsed)),
            _attribute("cms_algorithm_protection", _protection(digest_algorithm, signature_algorithm)),
        ),
        signature_algorithm=signature_algorithm.dump(),
        signature_size=SIGNATURE_SIZES[algorithm],
    )


def _attribute(name: str, value: object) -> bytes:
    encoded: bytes = cms.CMSAttribute({"type": name, "values": (value,)}).dump()
    return encoded


def _message_digest(document_digest: bytes) -> bytes:
    return tlv(SEQUENCE, _ID_MESSAGE_DIGEST, set_of(tlv(OCTET_STRING, document_digest)))


def _signing_time(at: datetime) -> bytes:
    moment = at.astimezone(UTC)
    if moment.year < _FIRST_GENERALIZED_YEAR:
        value = tlv(_UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    else:
        value = tlv(_GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode("ascii"))
    return tlv(SEQUENCE, _ID_SIGNING_TIME, set_of(value))


def _signing_certificate(der: bytes, parsed: x509.Certificate) -> tsp.SigningCertificateV2:
    issuer_serial = {
        "issuer": [x509.GeneralName("directory_name", parsed.issuer)],
        "serial_number": parsed.serial_number,
    }
    certificate_id = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(der).digest(), "issuer_serial": issuer_serial})
    return tsp.SigningCertificateV2({"certs": [certificate_id]})


def _protection(
    digest_algorithm: algos.DigestAlgorithm, signature_algorithm: algos.SignedDigestAlgorithm
) -> cms.CMSAlgorithmProtection:
    return cms.CMSAlgorithmProtection(
        {"digest_algorithm": digest_algorithm, "signature_algorithm": signature_algorithm}
    )
