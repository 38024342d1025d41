"""The CMS signature inside a PDF, assembled from parts that never change for a certificate.

ETSI EN 319 122-1 (CAdES baseline) and RFC 5652: signed attributes content-type, message-digest,
signing-certificate-v2 (RFC 5035) and algorithm protection (RFC 6211); no signing-time, because a PDF
carries it in /M (ETSI EN 319 142-1, 6.3); the timestamp of the signature value is an unsigned attribute.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asn1crypto import algos, cms, core, tsp, x509

from .der import OCTET_STRING, SEQUENCE, header_size, set_of, tlv
from .keys import SIGNATURE_SIZES, SealingKey

DIGEST: Final = "sha256"
DIGEST_SIZE: Final = 32

_VERSION_1: Final = core.Integer(1).dump()
_ID_DATA: Final = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump()
_ID_SIGNED_DATA: Final = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
_ID_MESSAGE_DIGEST: Final = core.ObjectIdentifier("1.2.840.113549.1.9.4").dump()
_ID_TIMESTAMP_TOKEN: Final = core.ObjectIdentifier("1.2.840.113549.1.9.16.2.14").dump()
_CERTIFICATES: Final = 0xA0
_SIGNED_ATTRIBUTES: Final = 0xA0
_UNSIGNED_ATTRIBUTES: Final = 0xA1
_EXPLICIT_CONTENT: Final = 0xA0
_OUTER_HEADERS: Final = 10 * header_size(1 << 16)


@dataclass(frozen=True)
class CmsTemplate:
    """The constant DER of every signature made with one certificate; see `cms_template`."""

    signed_data_head: bytes
    signer_info_head: bytes
    constant_attributes: tuple[bytes, ...]
    signature_algorithm: bytes
    signature_size: int

    def signed_attributes(self, document_digest: bytes) -> bytes:
        """The DER to be signed: the attributes as an explicit SET OF (RFC 5652, 5.4)."""
        return set_of(*self.constant_attributes, _message_digest(document_digest))

    def assemble(self, signed_attributes: bytes, signature: bytes, timestamp_token: bytes) -> bytes:
        """The complete ContentInfo of a signature with its timestamp."""
        unsigned = set_of(tlv(SEQUENCE, _ID_TIMESTAMP_TOKEN, set_of(timestamp_token)), tag=_UNSIGNED_ATTRIBUTES)
        signer_info = tlv(
            SEQUENCE,
            self.signer_info_head,
            bytes((_SIGNED_ATTRIBUTES,)) + signed_attributes[1:],
            self.signature_algorithm,
            tlv(OCTET_STRING, signature),
            unsigned,
        )
        signed_data = tlv(SEQUENCE, self.signed_data_head, set_of(signer_info))
        return tlv(SEQUENCE, _ID_SIGNED_DATA, tlv(_EXPLICIT_CONTENT, signed_data))

    def largest_size(self, timestamp_size: int) -> int:
        """Upper bound in bytes of `assemble` with a token of at most `timestamp_size` bytes."""
        constant = (
            len(self.signed_data_head)
            + len(self.signer_info_head)
            + len(self.signed_attributes(bytes(DIGEST_SIZE)))
            + len(self.signature_algorithm)
            + len(_ID_SIGNED_DATA)
            + len(_ID_TIMESTAMP_TOKEN)
        )
        return constant + self.signature_size + timestamp_size + _OUTER_HEADERS


def cms_template(key: SealingKey) -> CmsTemplate:
    """The frozen parts for a key's certificate; built once per certificate and process."""
    return _build_template(key.certificate, key.chain, key.algorithm)


@lru_cache(maxsize=256)
def _build_template(certificate: bytes, chain: tuple[bytes, ...], algorithm: str) -> CmsTemplate:
    parsed = x509.Certificate.load(certificate)
    digest_algorithm = algos.DigestAlgorithm({"algorithm": DIGEST})
    scheme = "rsa" if algorithm.startswith("rsa-") else "ecdsa"
    signature_algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{DIGEST}_{scheme}"})
    signer_id = cms.IssuerAndSerialNumber({"issuer": parsed.issuer, "serial_number": parsed.serial_number})
    return CmsTemplate(
        signed_data_head=b"".join(
            (
                _VERSION_1,
                set_of(digest_algorithm.dump()),
                tlv(SEQUENCE, _ID_DATA),
                set_of(*{certificate, *chain}, tag=_CERTIFICATES),
            )
        ),
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
