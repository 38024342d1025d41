"""Writes down that somebody sent an API token in an address, where logs and browsers keep it."""

from __future__ import annotations

from datetime import datetime

from accounts.queries import actor_of_token
from kernel import audit


def report_exposed_token(*, tokens: list[str], path: str, address: str, now: datetime) -> None:
    """In the trail of the customer whose token it is; of what is no token of ours nothing is kept."""
    for token in tokens:
        actor = actor_of_token(token, now=now, address=address)
        if actor is not None:
            facts = {"path": path}
            audit.record(actor=actor, action="api_token.exposed", now=now, subject=actor.id, details=facts)
