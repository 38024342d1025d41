"""Deliveries to webhooks by Standard Webhooks 1.0.0: signatures, the schedule, and what an answer means."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# The pauses after each attempt, ten attempts in all (Standard Webhooks 1.0.0, "Deliverability and reliability").
PAUSES_SECONDS = (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
ATTEMPTS = len(PAUSES_SECONDS) + 1
JITTER = 0.1
LONGEST_WISH = timedelta(hours=24)
OLD_KEYS_HOLD = timedelta(hours=24)
PATIENCE = timedelta(days=5)
FAILURES_BEFORE_DISABLING = ATTEMPTS
AT_ONCE, AT_ONCE_WHILE_FAILING = 2, 1
LOG_KEPT = timedelta(days=30)
SECRET_BYTES = 32
_BUSY = {429, 502, 503, 504}


class Outcome(StrEnum):
    DELIVERED = "delivered"
    AGAIN = "again"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows from an attempt: `next_at` for AGAIN; `gone` when the receiver wants no more of anything (410)."""

    outcome: Outcome
    next_at: datetime | None = None
    gone: bool = False


def judge(
    status: int | None, *, attempt: int, now: datetime, chance: float, wish: timedelta | None = None
) -> Judgement:
    """Judge the `attempt`-th answer (1 is the first); `status` is None when there was none.

    Only 2xx is success; a redirect is not. `wish` is a Retry-After, honoured up to a day where the receiver is busy.
    `chance` between 0 and 1 spreads the attempts by a tenth either way.
    """
    if status is not None and 200 <= status < 300:
        return Judgement(Outcome.DELIVERED)
    if status == 410:
        return Judgement(Outcome.FAILED, gone=True)
    if attempt >= ATTEMPTS:
        return Judgement(Outcome.FAILED)
    pause = timedelta(seconds=PAUSES_SECONDS[attempt - 1] * (1 - JITTER + 2 * JITTER * chance))
    if status in _BUSY and wish is not None:
        pause = max(pause, min(wish, LONGEST_WISH))
    return Judgement(Outcome.AGAIN, next_at=now + pause)


def is_hopeless(*, failing_since: datetime | None, failures: int, now: datetime) -> bool:
    """Whether an endpoint has done nothing but fail for so long that it is turned off."""
    long = failing_since is not None and now - failing_since >= PATIENCE
    return long and failures >= FAILURES_BEFORE_DISABLING


def wish_of(header: str, *, now: datetime) -> timedelta | None:
    """How long a `Retry-After` asks to wait (RFC 9110, 10.2.3): seconds, or a date; None for anything else."""
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(at - now, timedelta(0)) if at.tzinfo else None


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
