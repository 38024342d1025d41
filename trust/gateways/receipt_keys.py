"""Receipt keys as the world of JOSE knows them: keys as JWK (RFC 7517), signatures as R and S (RFC 7518, 3.4)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from trust.gateways import hsm
from trust.rules.jws import ALGORITHM, base64url

KEY_ALGORITHM = "ec-p256"
_BYTES = 32


def sign_es256(label: str, message: str) -> bytes:
    """ES256 over ASCII text by the HSM's P-256 key of this label. Raises `hsm.HsmUnavailable` (an outage)."""
    r, s = decode_dss_signature(hsm.sign(label, KEY_ALGORITHM, message.encode("ascii")))
    return r.to_bytes(_BYTES, "big") + s.to_bytes(_BYTES, "big")


def public_jwk(key_id: str, public_key: bytes) -> dict[str, str]:
    """A public key (SubjectPublicKeyInfo, DER) on P-256 as a JWK."""
    key = load_der_public_key(public_key)
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("receipt keys are on P-256")
    point = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url(point.x.to_bytes(_BYTES, "big")),
        "y": base64url(point.y.to_bytes(_BYTES, "big")),
        "kid": key_id,
        "use": "sig",
        "alg": ALGORITHM,
    }
