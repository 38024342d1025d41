"""What proves a customer's audit trail to somebody who believes nobody: entries, links, cuts, checkpoints, keys."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from accounts.queries.audit import every_entry
from kernel.actor import Actor
from kernel.audit import metadata_of
from kernel.audit_chain import moment
from kernel.audit_payloads import payload_key
from kernel.audit_trail import Asked, cuts_of, end_of, signed_ends_of


def evidence_of(actor: Actor, *, exported_at: str) -> Iterator[dict[str, Any]]:
    """The parts of an evidence file, each one line of it: the end of the chain, cuts, checkpoints, then every entry,
    newest first, with the keys that open their payloads just before the first that needs one.

    Raises `Forbidden` without `audit.read`, and an outage without the HSM.
    """
    actor.require("audit.read")
    newest, digest = end_of(actor.customer)
    yield {
        "kind": "chain",
        "version": 1,
        "chain": actor.customer,
        "exported_at": exported_at,
        "seq": newest,
        "hash": digest.hex(),
    }
    for cut in cuts_of(actor.customer):
        yield {
            "kind": "cut",
            "first_seq": cut.first_seq,
            "last_seq": cut.last_seq,
            "hash": bytes(cut.hash).hex(),
            "retention": cut.retention,
            "cut_at": moment(cut.cut_at),
        }
    for head in signed_ends_of(actor.customer):
        yield {
            "kind": "checkpoint",
            "number": head.checkpoint_id,
            "seq": head.seq,
            "hash": bytes(head.hash).hex(),
            "path": head.path,
            "jws": head.checkpoint.jws,
            "timestamp": _base64(bytes(head.checkpoint.timestamp)),
        }
    yield from _entries(actor, newest)


def _entries(actor: Actor, newest: int) -> Iterator[dict[str, Any]]:
    told: set[bytes] = set()
    for row in every_entry(actor, Asked()):
        if row.number > newest:  # written since the end was read
            continue
        payload = bytes(row.entry.payload)
        if row.payload and payload[:1] == b"\x01" and (writer := payload[1:33]) not in told:
            told.add(writer)
            yield {"kind": "key", "writer": writer.hex(), "key": _base64(payload_key(actor.customer, writer))}
        yield {
            "kind": "entry",
            "seq": row.number,
            "hash": row.hash.hex(),
            "metadata": metadata_of(row.entry).decode(),
            "payload": _base64(payload),
        }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
