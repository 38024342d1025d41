"""Notes that a customer is in use, so that its free account is kept (clause C9)."""

from __future__ import annotations

from datetime import date

from accounts.queries.activity import unseen


def note_activity(*, customer_id: str, on: date) -> None:
    """Keep the legal day `on` as the customer's last one, unless a later one is kept: written once a day at most."""
    unseen(customer_id, on).update(last_active_on=on)
