"""Queue a look at every customer whose month may have reached a threshold."""

from datetime import datetime

from billing.queries.limits import customers_to_check
from billing.rules.thresholds import SHARES
from kernel.actor import Actor
from kernel.jobs import enqueue


def check_all_thresholds(*, actor: Actor, now: datetime) -> int:
    """One job for each such customer, so that one's trouble does not hold up the others; returns how many."""
    actor.require("billing.manage")
    due = customers_to_check(now=now, share=min(SHARES), shares=len(SHARES))
    for customer_id in due:
        enqueue(
            "billing.check_thresholds",
            now=now,
            key=f"billing.check_thresholds:{customer_id}:{now.isoformat()}",
            customer_id=customer_id,
        )
    return len(due)
