"""Grow a subscription's chain of billing periods up to now."""

from datetime import datetime

from django.db import transaction

from billing.models import BillingPeriod, Subscription
from billing.rules.periods import period_after, period_containing
from kernel.actor import Actor


@transaction.atomic
def open_period(*, actor: Actor, subscription_id: str, now: datetime) -> int:
    """Open the missing periods of a subscription one after the other, to the one that contains `now`.

    Returns how many were missing, which is none if they were opened before: it may run twice, at once, or
    months late (B3). Nothing is opened from the subscription's end on. Every period keeps the prices the
    subscription has when it is opened.
    """
    actor.require("billing.manage")
    subscription = Subscription.objects.get(pk=subscription_id)
    missing = 0
    while (period := _next_period(subscription)).starts_at <= now and _before_end(subscription, period):
        # Another transaction may open the same one first; then its row is as good as ours.
        BillingPeriod.objects.bulk_create([period], ignore_conflicts=True)
        missing += 1
    return missing


def _next_period(subscription: Subscription) -> BillingPeriod:
    last = subscription.periods.order_by("-ends_at").first()
    anchor_on, zone = subscription.anchor_on, subscription.zone
    span = (
        period_after(anchor_on, last.span, zone)
        if last
        else period_containing(anchor_on, subscription.started_at, zone)
    )
    return BillingPeriod(
        subscription=subscription,
        customer_id=subscription.customer_id,
        plan_version_id=subscription.plan_version_id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        previous_ends_at=last.ends_at if last else None,
    )


def _before_end(subscription: Subscription, period: BillingPeriod) -> bool:
    return subscription.ended_at is None or period.starts_at < subscription.ended_at
