"""CMS signatures and timestamp tokens of strangers: what they say, and whether their own mathematics hold.

Tolerant where the gate (`signed_cms`) is strict: old and clumsy signatures must be judged, too. Trust is asked
elsewhere.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity

from sealing.formats.certificates import load_certificate
from sealing.formats.errors import SealCheckFailed

from .cms_material import stored_certificates, stored_revocations

STRONG_DIGESTS: Final = {"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "shake256"}
SMALLEST_MODULUS: Final = 2048  # bits, ETSI TS 119 312
SMALLEST_FIELD: Final = 256
EDWARDS_DIGESTS: Final = {"ed25519": "sha512", "ed448": "shake256"}  # RFC 8419
LARGEST_CMS: Final = 8 << 20
MOST_SIGNERS: Final = 50
_NOTES: Final = {
    "counter_signature": "countersigned",
    "signature_policy_identifier": "policy",
    "1.2.840.113549.1.9.16.2.48": "old_archive_timestamp",
    "1.2.840.113549.1.9.16.2.27": "old_archive_timestamp",
}


CLUMSY: Final = (
    SealCheckFailed,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    UnsupportedAlgorithm,
    InvalidSignature,
    OSError,
    EOFError,
)
"""What libraries raise over mutated input, each in its own place."""


class Flawed(Exception):
    """A signature that ends with a code of `words.ANSWERS` before trust is asked."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class StrangersCms:
    """A SignedData with one signer, as `der`. Certificates are DER; `tokens` are DER timestamp tokens over `signature`.

    `encloses` whether it carries content, be it empty. `notes` are keys of `words.NOTES`.
    """

    certificate: bytes
    certificates: tuple[bytes, ...]
    content_type: str
    content: bytes
    digest_algorithm: str
    signature_algorithm: str
    signature: bytes
    tokens: tuple[bytes, ...]
    signing_time: datetime | None
    names_certificate: bool
    ocsps: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signer_info: cms.SignerInfo
    signer: asn1_x509.Certificate
    der: bytes
    encloses: bool
    notes: tuple[str, ...]


def read_cms(der: bytes, largest: int = LARGEST_CMS) -> StrangersCms:
    """Parse a ContentInfo with one signer, whatever follows it; raises `Flawed`."""
    signers = read_signers(der, largest)
    if len(signers) != 1:
        raise Flawed("malformed_signature")
    return signers[0]


def read_signers(der: bytes, largest: int = LARGEST_CMS) -> tuple[StrangersCms, ...]:
    """Parse a ContentInfo with any number of signers side by side; raises `Flawed`."""
    if len(der) > largest:
        raise Flawed("too_complex")
    try:
        return tuple(_read(each) for each in _one_by_one(der))
    except SignatureValidationError as error:
        missing = error.ades_subindication is AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND
        raise Flawed("no_signing_certificate" if missing else "malformed_signature") from error
    except Flawed:
        raise
    except Exception as error:  # mutated ASN.1 makes the parser fail in every way there is
        raise Flawed("malformed_signature") from error


def _one_by_one(der: bytes) -> list[bytes]:
    """The same signed data once for each of its signers."""
    info = cms.ContentInfo.load(der)
    if info["content_type"].native != "signed_data":
        raise Flawed("malformed_signature")
    count = len(info["content"]["signer_infos"])
    if not 0 < count <= MOST_SIGNERS:
        raise Flawed("malformed_signature")
    if count == 1:
        return [der]
    found = []
    for number in range(count):
        single = cms.ContentInfo.load(der)
        single["content"]["signer_infos"] = [single["content"]["signer_infos"][number]]
        found.append(single.dump())
    return found


def _read(der: bytes) -> StrangersCms:
    signed_data = cms.ContentInfo.load(der)["content"]
    signer_info = extract_signer_info(signed_data)
    found = extract_certs_for_validation(signed_data)
    signed, unsigned = _values(signer_info["signed_attrs"]), _values(signer_info["unsigned_attrs"])
    content = signed_data["encap_content_info"]
    revocations = stored_revocations(signed_data, signed, unsigned)
    return StrangersCms(
        certificate=found.signer_cert.dump(),
        certificates=(*(each.dump() for each in found.other_certs), *stored_certificates(unsigned)),
        content_type=content["content_type"].native,
        content=(content["content"].contents and bytes(content["content"])) or b"",
        digest_algorithm=signer_info["digest_algorithm"]["algorithm"].native,
        signature_algorithm=signer_info["signature_algorithm"].signature_algo,
        signature=signer_info["signature"].native,
        tokens=tuple(token.dump() for token in unsigned.get("signature_time_stamp_token", [])),
        signing_time=next((each.native for each in signed.get("signing_time", [])), None),
        names_certificate=bool(signed.keys() & {"signing_certificate", "signing_certificate_v2"}),
        ocsps=revocations.ocsps,
        crls=revocations.crls,
        signer_info=signer_info,
        signer=found.signer_cert,
        der=der,
        encloses=not isinstance(content["content"], core.Void),
        notes=tuple(note for name, note in _NOTES.items() if name in signed or name in unsigned),
    )


def _values(attributes: cms.CMSAttributes) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for attribute in attributes:
        found.setdefault(attribute["type"].native, []).extend(attribute["values"])
    return found


def digest_of(algorithm: str, content: bytes) -> bytes:
    """A digest by its ASN.1 name; raises `Flawed` for an algorithm that is not known here."""
    return bytes(new_digest(algorithm, content).digest())


def new_digest(algorithm: str, content: bytes = b"") -> Any:
    """A running digest by its ASN.1 name; raises `Flawed`."""
    if algorithm.startswith("shake") or algorithm not in hashlib.algorithms_available:
        raise Flawed("unsupported_algorithm")
    return hashlib.new(algorithm, content)


def check_integrity(signed: StrangersCms, content_type: str, digest: bytes) -> None:
    """The signed attributes fit the content's digest, and the signature value the certificate; raises `Flawed`."""
    try:
        intact, valid = validate_sig_integrity(signed.signer_info, signed.signer, content_type, digest)
    except SignatureValidationError as error:
        raise Flawed("malformed_signature") from error
    except Exception as error:  # so do unknown algorithms and impossible keys
        raise Flawed("unsupported_algorithm") from error
    if not intact:
        raise Flawed("changed_content")
    if not valid:
        raise Flawed("wrong_signature_value")


def check_strength(signed: StrangersCms) -> None:
    """Digest and key are strong enough to prove something today (ETSI TS 119 312); raises `Flawed`."""
    if signed.digest_algorithm != EDWARDS_DIGESTS.get(signed.signature_algorithm, signed.digest_algorithm):
        raise Flawed("malformed_signature")
    if signed.digest_algorithm not in STRONG_DIGESTS:
        raise Flawed("weak_algorithm")
    check_key_strength(signed.certificate)


def check_key_strength(certificate: bytes) -> None:
    """The certificate's key is long enough (ETSI TS 119 312); raises `Flawed`."""
    key = load_certificate(certificate).public_key()
    weak_modulus = isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < SMALLEST_MODULUS
    if weak_modulus or (isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < SMALLEST_FIELD):
        raise Flawed("weak_algorithm")


@dataclass(frozen=True)
class StrangersToken:
    """A timestamp token: its own signature, and what it states."""

    signed: StrangersCms
    at: datetime
    serial: str
    imprint_algorithm: str
    imprint: bytes


def read_token(der: bytes) -> StrangersToken:
    """Parse a timestamp token (RFC 3161); raises `Flawed`."""
    signed = read_cms(der)
    if signed.content_type != "tst_info":
        raise Flawed("malformed_signature")
    try:
        info = cms.ContentInfo.load(der)["content"]["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        return StrangersToken(
            signed=signed,
            at=info["gen_time"].native,
            serial=str(info["serial_number"].native),
            imprint_algorithm=imprint["hash_algorithm"]["algorithm"].native,
            imprint=imprint["hashed_message"].native,
        )
    except Exception as error:
        raise Flawed("malformed_signature") from error


def check_token(token: StrangersToken, digest: Callable[[str], bytes]) -> None:
    """The token is about what `digest` digests by the named algorithm, and its mathematics hold; raises `Flawed`."""
    if digest(token.imprint_algorithm) != token.imprint:
        raise Flawed("changed_content")
    content = digest_of(token.signed.digest_algorithm, token.signed.content)
    check_integrity(token.signed, "tst_info", content)
    if token.imprint_algorithm not in STRONG_DIGESTS:
        raise Flawed("weak_algorithm")
    check_strength(token.signed)
