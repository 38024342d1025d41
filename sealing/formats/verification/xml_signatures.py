"""The value of an XML signature: the algorithms of XMLDSig 1.1 and RFC 6931, for the keys that certificates have."""

from dataclasses import dataclass
from typing import Final, Protocol

from asn1crypto import algos, core
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sealing.formats.certificates import load_certificate
from sealing.formats.der import OCTET_STRING, SEQUENCE, tlv

from .markup import Element, value

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - verified, then told to be too weak
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}


@dataclass(frozen=True)
class Method:
    """A signature algorithm: "rsa", "rsa-pss", "ecdsa" or "ed25519", with its digest."""

    scheme: str
    digest: str


_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007: Final = "http://www.w3.org/2007/05/xmldsig-more#"
METHODS: Final[dict[str, Method]] = {
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1": Method("rsa", "sha1"),
    **{f"{_MORE}rsa-{name}": Method("rsa", name) for name in ("sha224", "sha256", "sha384", "sha512")},
    **{f"{_MORE}ecdsa-{name}": Method("ecdsa", name) for name in ("sha1", "sha224", "sha256", "sha384", "sha512")},
    **{
        f"{_MORE_2007}{name.replace('_', '-')}-rsa-MGF1": Method("rsa-pss", name)
        for name in ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")
    },
    "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519": Method("ed25519", "sha512"),
}


class Signature(Protocol):
    """What is needed of a signature."""

    @property
    def method(self) -> str: ...
    @property
    def value(self) -> Element: ...
    @property
    def certificate(self) -> bytes: ...


def check_value(message: bytes, signature: Signature) -> str:
    """Empty when the value is the certificate's over the canonical SignedInfo, else a code of `words.ANSWERS`."""
    method = METHODS.get(signature.method)
    if method is None:
        return "unsupported_algorithm"
    try:
        fits = _verify(load_certificate(signature.certificate).public_key(), message, value(signature.value), method)
    except InvalidSignature:
        return "wrong_signature_value"
    except (UnsupportedAlgorithm, ValueError):
        return "unsupported_algorithm"
    return "" if fits else "wrong_signature_value"


def _verify(key: object, message: bytes, signature: bytes, method: Method) -> bool:
    digest = HASHES[method.digest]
    match key, method.scheme:
        case rsa.RSAPublicKey(), "rsa":
            _verify_rsa(key, signature, message, digest)
        case rsa.RSAPublicKey(), "rsa-pss":
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            key.verify(signature, message, pss, digest)
        case ec.EllipticCurvePublicKey(), "ecdsa":
            key.verify(_der(signature, key), message, ec.ECDSA(digest))
        case ed25519.Ed25519PublicKey(), "ed25519":
            key.verify(signature, message)
        case _:
            return False
    return True


def _verify_rsa(key: rsa.RSAPublicKey, signature: bytes, message: bytes, digest: hashes.HashAlgorithm) -> None:
    """The digest's parameters may be left out instead of being NULL (RFC 8017, 9.2, note 2)."""
    try:
        key.verify(signature, message, padding.PKCS1v15(), digest)
    except InvalidSignature:
        recovered = key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
        running = hashes.Hash(digest)
        running.update(message)
        algorithm = algos.DigestAlgorithmId.unmap(digest.name)
        oid = core.ObjectIdentifier(algorithm).dump()
        if recovered != tlv(SEQUENCE, tlv(SEQUENCE, oid), tlv(OCTET_STRING, running.finalize())):
            raise


def _der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """XML has r and s side by side (RFC 6931, 2.3.6); some programs write DER all the same."""
    size = (key.key_size + 7) // 8
    if len(signature) == 2 * size:
        return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
    try:
        decode_dss_signature(signature)
    except ValueError as error:
        raise InvalidSignature from error
    return signature
