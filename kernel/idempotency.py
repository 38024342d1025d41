"""`Idempotency-Key`: the same request sent twice is done once (IETF draft idempotency-key-header)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kernel.errors import Refusal
from kernel.models import IdempotentRequest

MAX_KEY_LENGTH = 255


class IdempotencyKeyReused(Refusal):
    code = "idempotency_key_reused"
    status = 422
    title = _("This Idempotency-Key was already used for a different request.")


class RequestInProgress(Refusal):
    code = "request_in_progress"
    status = 409
    title = _("A request with this Idempotency-Key is still being worked on.")


class IdempotencyKeyInvalid(Refusal):
    code = "idempotency_key_invalid"
    status = 400
    title = _("An Idempotency-Key is 1 to 255 printable ASCII characters.")


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The key a caller chose, and the fingerprint of what it asked for."""

    value: str
    fingerprint: str


def idempotency_key(value: str | None, request: Mapping[str, Any]) -> IdempotencyKey | None:
    """The key of a header value, or None without one. `request` is everything that makes the request that one."""
    if value is None:
        return None
    if not (0 < len(value) <= MAX_KEY_LENGTH and value.isascii() and value.isprintable()):
        raise IdempotencyKeyInvalid
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return IdempotencyKey(value, hashlib.sha256(canonical.encode()).hexdigest())


@contextmanager
def once(customer_id: str, operation: str, key: IdempotencyKey | None) -> Iterator[str | None]:
    """Hold the key while the block runs; gives the reference of an earlier outcome, or None to go ahead.

    Raises `RequestInProgress` when another request holds it and `IdempotencyKeyReused` when it asked for something
    else. The lock belongs to the connection, so that a crash frees it.
    """
    if key is None:
        yield None
        return
    number = _lock_number(customer_id, operation, key.value)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise RequestInProgress
    try:
        yield _earlier(customer_id, operation, key)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def _lock_number(customer_id: str, operation: str, value: str) -> int:
    digest = hashlib.sha256(f"{customer_id}\0{operation}\0{value}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _earlier(customer_id: str, operation: str, key: IdempotencyKey) -> str | None:
    row = IdempotentRequest.objects.filter(customer_id=customer_id, operation=operation, key=key.value).first()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused
    return row.reference


def remember(customer_id: str, operation: str, key: IdempotencyKey | None, reference: str, *, now: datetime) -> None:
    """Record the outcome in the caller's transaction."""
    if key is not None:
        IdempotentRequest.objects.create(
            customer_id=customer_id,
            operation=operation,
            key=key.value,
            fingerprint=key.fingerprint,
            reference=reference,
            created_at=now,
        )
