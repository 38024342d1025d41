"""Hands out the complete export of a customer, on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from accounts.queries.export import contract_facts
from kernel import audit, vault
from kernel.actor import Actor
from kernel.clock import legal_date
from sealing.gateways.archive_stream import stream_zip
from sealing.queries.customer_export import export_entries


@dataclass(frozen=True, slots=True)
class Export:
    """A ZIP in parts, and its file name."""

    name: str
    parts: Iterator[bytes]


def export_customer(*, actor: Actor, now: datetime) -> Export:
    """Everything that is kept for the actor's customer, as one ZIP that explains itself (C8).

    For owners, also when the contract is over and nothing is erased yet. It is made while it is sent, so that it is of
    any size and never stored. Raises `Forbidden`, and an outage when the HSM or the storage is away.
    """
    actor.require("customer.end")
    vault.have_key_at_hand(actor.customer)
    name = contract_facts(actor.customer)["customer"]["name"]
    audit.record(actor=actor, action="customer.exported", now=now, subject=actor.customer)
    return Export(f"export-{legal_date(now):%Y-%m-%d}.zip", stream_zip(export_entries(actor.customer, name, now=now)))
