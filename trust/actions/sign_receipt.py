"""Signs a receipt with the operator's own key."""

from __future__ import annotations

from datetime import datetime

from trust.actions._receipt_key import signing_key
from trust.gateways.receipt_keys import sign_es256
from trust.rules.jws import ALGORITHM, compact, signing_input

TYPE = "sealport-receipt"


def sign_receipt(*, payload: bytes, now: datetime) -> str:
    """A compact JWS (RFC 7515) over `payload`, ES256, by the receipt key that is in force; made at first use.

    No seal is made: the key is another one, and no certificate belongs to it. Must not run inside a transaction.
    Raises `hsm.HsmUnavailable` (an outage).
    """
    key = signing_key(now=now)
    signed = signing_input({"alg": ALGORITHM, "kid": key.id, "typ": TYPE}, payload)
    return compact(signed, sign_es256(key.label, signed))
