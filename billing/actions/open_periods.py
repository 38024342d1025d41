"""Open every customer's current billing period."""

from datetime import datetime

from django.db.models import F, Max, Q

from billing.actions.open_period import open_period
from billing.models import Subscription
from kernel.actor import Actor
from kernel.jobs import one_by_one


def open_periods(*, actor: Actor, now: datetime) -> int:
    """Open the missing periods of every subscription, each in a transaction of its own.

    Returns how many were opened. Nothing depends on its hour: metering opens what it needs by itself, and a
    run that comes late catches up (B3).
    """
    actor.require("billing.manage")
    behind = (
        Subscription.objects.filter(started_at__lte=now)
        .annotate(covered_to=Max("periods__ends_at"))
        .filter(Q(covered_to=None) | Q(covered_to__lte=now) & (Q(ended_at=None) | Q(ended_at__gt=F("covered_to"))))
    )
    return one_by_one(
        lambda subscription_id: open_period(actor=actor, subscription_id=subscription_id, now=now),
        behind.values_list("pk", flat=True),
    )
