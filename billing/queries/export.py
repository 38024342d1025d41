"""What billing adds to a customer's complete export (clause C8)."""

from __future__ import annotations

from billing.models import BillingPeriod, Charge, Subscription, UsageEvent
from kernel.exporting import Table

_AT_ONCE = 2000


def billing_tables(customer_id: str) -> list[Table]:
    """Subscriptions, billing periods, usage events and charges; amounts in EUR without VAT."""
    subscriptions = ("id", "plan_version__plan__name", "interval", "started_at", "ended_at")
    periods = ("id", "subscription_id", "starts_at", "ends_at", "state")
    events = ("id", "billing_period_id", "meter", "quantity", "source_type", "source_id", "occurred_at", "member_id")
    charges = ("id", "item", "amount", "currency", "source_id", "reverses_id", "occurred_at")
    return [
        Table(
            "subscriptions",
            "The plans, from when and until when.",
            ("id", "plan", *subscriptions[2:]),
            Subscription.objects.filter(customer_id=customer_id).order_by("started_at").values_list(*subscriptions),
        ),
        Table(
            "billing-periods",
            "The months that were counted.",
            periods,
            BillingPeriod.objects.filter(customer_id=customer_id).order_by("starts_at").values_list(*periods),
        ),
        Table(
            "usage",
            "Each delivery that was counted, and in which month.",
            events,
            UsageEvent.objects.filter(customer_id=customer_id)
            .order_by("occurred_at", "id")
            .values_list(*events)
            .iterator(chunk_size=_AT_ONCE),
        ),
        Table(
            "charges",
            "What was owed once, beside the plan, and what of it was taken back.",
            charges,
            Charge.objects.filter(customer_id=customer_id).order_by("occurred_at", "id").values_list(*charges),
        ),
    ]
