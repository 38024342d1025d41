"""What the caller lends to a seal: a key that signs, and the material that proves certificates valid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SIGNATURE_SIZES: Final[dict[str, int]] = {
    "rsa-2048": 256,
    "rsa-3072": 384,
    "rsa-4096": 512,
    "ec-p256": 72,
    "ec-p384": 104,
}
"""Largest signature value of each key algorithm, in bytes (ECDSA as DER)."""


@dataclass(frozen=True)
class SealingKey:
    """A certificate with its key, wherever that key lives.

    `sign` returns the raw signature over the digest of its argument, made with `digest_algorithm`: PKCS#1 v1.5 for
    RSA, DER for ECDSA. `chain` starts with the issuer and leaves out the root. Certificates are DER.
    """

    certificate: bytes
    chain: tuple[bytes, ...]
    algorithm: str
    sign: Callable[[bytes], bytes]
    digest_algorithm: str = "sha256"

    @property
    def is_rsa(self) -> bool:
        """Whether signatures are RSASSA-PKCS1-v1_5, else ECDSA."""
        return self.algorithm.startswith("rsa-")


@dataclass(frozen=True)
class ValidationMaterial:
    """Certificates, OCSP responses and CRLs (DER) that prove the signer's and the authority's chains valid."""

    certificates: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
