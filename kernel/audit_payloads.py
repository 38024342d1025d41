"""What of an audit entry is personal, encrypted so that writing it asks no HSM and reading it does.

Each customer has an X25519 key pair: the public key lies in the open, the private one is encrypted under the customer's
key. A writer makes a key pair of its own, derives one AES-256-GCM key with the customer's public key (ECDH, then
HKDF-SHA-256, as in RFC 9180's base mode but kept for many entries) and forgets it after five minutes, so that an entry
costs microseconds. Who destroys the customer's key has destroyed every payload; the hashes over them still hold.

A payload is a version byte, then: 0 the JSON itself (the platform's chain, and customers who have no key pair yet);
1 the writer's public key (32 bytes), a nonce (12 bytes), ciphertext and tag.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel import reading, vault
from kernel.audit_chain import canonical
from kernel.audit_periods import Retention
from kernel.models import CustomerKey

_READABLE, _ENCRYPTED = b"\x00", b"\x01"
_REMEMBER_SECONDS = 300.0
_MOST_SECRETS = 512


@dataclass(frozen=True, slots=True)
class _Writer:
    """How this process writes for one customer, for some minutes."""

    until: float
    retention: str
    prefix: bytes
    cipher: AESGCM | None


_writers: dict[str, _Writer] = {}
_shared: dict[tuple[str, bytes], bytes] = {}
_lock = threading.Lock()


def retention_of(customer_id: str | None) -> str:
    """The class in which a customer's entries are kept."""
    return _writer(customer_id).retention if customer_id else Retention.PLATFORM


def encrypt_payload(customer_id: str | None, content: Mapping[str, Any], *, bound_to: bytes) -> bytes:
    """The payload of a new entry. `bound_to` is its metadata: it cannot be read with any other."""
    written = canonical(content)
    writer = _writer(customer_id) if customer_id else None
    if writer is None or writer.cipher is None:
        return _READABLE + written
    nonce = os.urandom(12)
    return writer.prefix + nonce + writer.cipher.encrypt(nonce, written, bound_to)


def decrypt_payload(customer_id: str | None, payload: bytes, *, bound_to: bytes) -> dict[str, Any]:
    """What a payload says. Raises `vault.Tampered` when it was changed or the customer's key is gone, and an outage
    when the HSM is away. `NoGrant` for staff, whatever the payload is like.
    """
    if customer_id is not None:
        reading.require_trail(customer_id)
    if payload[:1] == _READABLE:
        return dict(json.loads(payload[1:]))
    if payload[:1] != _ENCRYPTED or customer_id is None:
        raise vault.Tampered("audit payload")
    try:
        cipher = AESGCM(payload_key(customer_id, payload[1:33]))
        plain = cipher.decrypt(payload[33:45], payload[45:], bound_to)
    except InvalidTag as error:
        raise vault.Tampered("audit payload") from error
    return dict(json.loads(plain))


def chosen_retention(customer_id: str, *, lock: bool = False) -> Retention:
    """The class in which a customer's new entries are kept."""
    keys = CustomerKey.objects.filter(customer_id=customer_id)
    found = (keys.select_for_update() if lock else keys).values_list("audit_retention", flat=True).first()
    return Retention(found or Retention.ACTIVITY)


def change_retention(customer_id: str, retention: Retention) -> None:
    """Keep new entries in that class; other processes know it within five minutes."""
    CustomerKey.objects.filter(customer_id=customer_id).update(audit_retention=retention.value)
    with _lock:
        _writers.pop(customer_id, None)


def forget_secrets() -> None:
    """Drop what this process has derived."""
    with _lock:
        _writers.clear()
        _shared.clear()


def _writer(customer_id: str) -> _Writer:
    found, now = _writers.get(customer_id), time.monotonic()
    if found is None or found.until < now:
        found = _new_writer(customer_id, now + _REMEMBER_SECONDS)
        if found.cipher:
            with _lock:
                for other in [each for each, writer in _writers.items() if writer.until < now]:
                    del _writers[other]
                _writers[customer_id] = found
    return found


def _new_writer(customer_id: str, until: float) -> _Writer:
    row = CustomerKey.objects.filter(customer_id=customer_id).values_list("audit_public", "audit_retention").first()
    if row is None or row[0] is None:
        return _Writer(until, row[1] if row else Retention.ACTIVITY, b"", None)
    own = X25519PrivateKey.generate()
    public, theirs = own.public_key().public_bytes_raw(), bytes(row[0])
    shared = own.exchange(X25519PublicKey.from_public_bytes(theirs))
    return _Writer(until, row[1], _ENCRYPTED + public, AESGCM(_derived(shared, public, theirs)))


def payload_key(customer_id: str, writers_public: bytes) -> bytes:
    """The AES-256-GCM key of what one writer wrote in its five minutes; it opens nothing else. Raises as reading does.

    Entries of one writer lie together, so that few are derived. Staff are asked for their grant each time: what a
    member's page has derived in this process is not theirs (clause D7).
    """
    reading.require_trail(customer_id)
    found = _shared.get((customer_id, writers_public))
    if found is None:
        private = X25519PrivateKey.from_private_bytes(vault.audit_private_key(customer_id))
        try:
            shared = private.exchange(X25519PublicKey.from_public_bytes(writers_public))
        except ValueError as error:
            raise vault.Tampered("audit payload") from error
        found = _derived(shared, writers_public, private.public_key().public_bytes_raw())
        with _lock:
            if len(_shared) >= _MOST_SECRETS:
                _shared.clear()
            _shared[customer_id, writers_public] = found
    return found


def _derived(shared: bytes, writers: bytes, readers: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"sealport audit payload" + writers + readers).derive(shared)
