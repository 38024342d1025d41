"""Queues, for each customer, the look at which archive timestamps must be renewed."""

from __future__ import annotations

from datetime import datetime

from accounts.queries import open_customers
from kernel import jobs

KIND = "sealing.renew_archives"


def queue_renewals(*, now: datetime) -> None:
    """One job for each customer that is not closed, once in an hour however often this is asked."""
    for customer_id in open_customers():
        jobs.enqueue(KIND, now=now, key=f"{KIND}:{customer_id}:{now:%Y-%m-%dT%H}", customer_id=customer_id)
