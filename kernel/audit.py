"""The audit trail's writing rule: in the acting transaction, so that nothing happens unrecorded (clause C3).

At commit a trigger gives the entry its number and hash in its chain; no other code can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.actor import Actor
from kernel.audit_chain import Metadata, content_hash, moment
from kernel.audit_payloads import decrypt_payload, encrypt_payload, retention_of
from kernel.models import AuditEntry
from kernel.requests import current_request_id
from kernel.vault import Tampered


@dataclass(frozen=True, slots=True)
class Payload:
    """What of an entry is personal: the actor's name as it was, the reason staff gave, the facts of the action."""

    actor_name: str
    reason: str
    details: dict[str, Any]


def record(
    *,
    actor: Actor,
    action: str,
    now: datetime,
    customer_id: str | None = None,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry. `action` is a dotted verb (`seal.accepted`), `subject` the id acted on.

    A failure to write fails the caller's transaction, and with it the action.
    """
    customer = customer_id or actor.customer_id
    entry = AuditEntry(
        retention=retention_of(customer),
        at=now,
        customer_id=customer,
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=action,
        subject=subject,
        request_id=current_request_id(),
    )
    content = {"actor_name": actor.name, "reason": actor.reason, "details": dict(details or {})}
    metadata = metadata_of(entry)
    entry.payload = encrypt_payload(customer, content, bound_to=metadata)
    entry.content_hash = content_hash(metadata, entry.payload)
    entry.save(force_insert=True)


def metadata_of(entry: AuditEntry) -> bytes:
    """The readable part of an entry in the bytes that are hashed."""
    return Metadata(
        entry.retention,
        moment(entry.at),
        entry.customer_id,
        entry.actor_kind,
        entry.actor_id,
        entry.action,
        entry.subject,
        entry.request_id,
    ).encoded()


def payload_of(entry: AuditEntry) -> Payload:
    """The personal part of an entry, for who may read it. Raises `vault.Tampered`, and an outage without the HSM."""
    read = decrypt_payload(entry.customer_id, bytes(entry.payload), bound_to=metadata_of(entry))
    return Payload(read["actor_name"], read["reason"], read["details"])


def readable_payload_of(entry: AuditEntry) -> Payload | None:
    """As `payload_of`; None for what cannot be read any more, because the customer's key was destroyed."""
    try:
        return payload_of(entry)
    except Tampered:
        return None
