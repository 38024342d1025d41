"""Queue what is due for customers that owe, have paid late or are suspended for it."""

from datetime import datetime

from django.db import transaction

from billing.queries.demands import customers_to_follow_up
from kernel.actor import Actor
from kernel.jobs import enqueue

_HOUR_SECONDS = 3600


@transaction.atomic
def follow_up_receivables(*, actor: Actor, now: datetime) -> int:
    """Queue one job an hour for each customer for whom something may be due; returns how many.

    One customer's trouble does not hold up the others, and what failed is tried anew in the next hour (B9, B10, B15).
    """
    actor.require("billing.manage")
    customers = customers_to_follow_up(now=now)
    hour = int(now.timestamp()) // _HOUR_SECONDS
    for customer_id in customers:
        enqueue(
            "billing.follow_up_customer",
            now=now,
            key=f"billing.follow_up_customer:{customer_id}:{hour}",
            payload={"subject_customer": customer_id},
        )
    return len(customers)
