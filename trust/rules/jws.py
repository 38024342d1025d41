"""JSON Web Signatures in their compact form (RFC 7515, 7.1), as far as they are text."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

ALGORITHM = "ES256"
MEDIA_TYPE = "application/jose"


def base64url(content: bytes) -> str:
    """Base64 for addresses, without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signing_input(header: Mapping[str, str], payload: bytes) -> str:
    """What is signed: protected header and payload, each in base64url (RFC 7515, 5.1)."""
    protected = json.dumps(dict(header), sort_keys=True, separators=(",", ":")).encode()
    return f"{base64url(protected)}.{base64url(payload)}"


def compact(signed: str, signature: bytes) -> str:
    """The whole, with its signature."""
    return f"{signed}.{base64url(signature)}"
