"""Look once a day how many users and gigabytes each customer has."""

from datetime import datetime

from django.db import transaction

from billing.models import MeterLevel, Subscription
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.jobs import enqueue


@transaction.atomic
def record_levels(*, actor: Actor, now: datetime) -> int:
    """Queue one job for each customer with a plan that has no levels of today yet; returns how many (B7).

    It may run as often as it likes: a day's job has one key, and its rows are there once.
    """
    actor.require("billing.manage")
    today = legal_date(now, legal_zone())
    customers = (
        Subscription.objects.active_at(now)
        .exclude(customer__status="closed")
        .exclude(customer__in=MeterLevel.objects.filter(on=today).values("customer"))
        .order_by("customer_id")
        .values_list("customer_id", flat=True)
        .distinct()
    )
    for customer_id in customers:
        enqueue(
            "billing.record_level", now=now, key=f"billing.record_level:{customer_id}:{today}", customer_id=customer_id
        )
    return len(customers)
