"""Queue the closing of every billing period that has ended."""

from datetime import datetime

from django.db import transaction

from billing.models import BillingPeriod
from kernel.actor import Actor
from kernel.jobs import enqueue


@transaction.atomic
def close_ended_periods(*, actor: Actor, now: datetime) -> int:
    """Queue one job for the oldest open period of each subscription that has ended; returns how many.

    One customer's trouble does not hold up the others. After months of standstill each run closes one month
    more.
    """
    actor.require("billing.manage")
    ended = (
        BillingPeriod.objects.filter(state=BillingPeriod.State.OPEN, ends_at__lte=now)
        .order_by("subscription_id", "ends_at")
        .distinct("subscription_id")
        .values_list("pk", flat=True)
    )
    for period_id in ended:
        enqueue(
            "billing.close_period",
            now=now,
            key=f"billing.close_period:{period_id}",
            payload={"period_id": period_id},
        )
    return len(ended)
