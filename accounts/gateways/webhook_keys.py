"""The keys of a webhook and their signatures (Standard Webhooks 1.0.0): `v1` by HMAC, `v1a` by ed25519."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_BYTES = 32


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The secret shared for `v1` and the seed of the ed25519 key for `v1a`, each of 32 random bytes."""

    shared: bytes
    seed: bytes

    @property
    def secret(self) -> str:
        """The shared secret as the receiver's library takes it."""
        return f"whsec_{_base64(self.shared)}"

    @property
    def public_key(self) -> str:
        """The public key that verifies `v1a`."""
        return f"whpk_{_base64(self._private.public_key().public_bytes_raw())}"

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def sign(self, content: bytes) -> str:
        """Both signatures of `id.timestamp.body`."""
        mac = hmac.digest(self.shared, content, hashlib.sha256)
        return f"v1,{_base64(mac)} v1a,{_base64(self._private.sign(content))}"

    def kept(self) -> str:
        """Both as one text, to be encrypted; the private key as the standard writes it."""
        return f"{self.secret} whsk_{_base64(self.seed)}"


def new_keys() -> SigningKeys:
    """Two secrets that no other endpoint has."""
    return SigningKeys(secrets.token_bytes(_BYTES), secrets.token_bytes(_BYTES))


def keys_kept(text: str) -> SigningKeys:
    """The keys in what `SigningKeys.kept` wrote."""
    shared, seed = (base64.b64decode(part.partition("_")[2]) for part in text.split())
    return SigningKeys(shared, seed)


def signed_headers(message_id: str, at: datetime, body: bytes, keys: Iterable[SigningKeys]) -> dict[str, str]:
    """The three headers of Standard Webhooks; while keys are being replaced there are signatures by both."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(each.sign(content) for each in keys),
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
