"""Deletes what a customer set for itself in billing, when its content goes."""

from __future__ import annotations

from collections.abc import Mapping

from billing.queries.wishes import wishes_of
from kernel.actor import Actor
from kernel.traces import in_batches


def delete_wishes(*, actor: Actor, customer_id: str) -> Mapping[str, int]:
    """How many alerts, caps and cost centres went; the books stay (D3, D4). May be repeated and killed anywhere."""
    actor.require("customer.end")
    return {name: in_batches(rows) for name, rows in wishes_of(customer_id)}
