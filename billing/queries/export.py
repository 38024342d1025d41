"""What billing adds to a customer's complete export (clause C8)."""

from __future__ import annotations

from dataclasses import fields

from billing.models import AddOnOrder, BillingPeriod, Charge, MeterLevel, SpecialTerms, Subscription, UsageEvent
from billing.rules.rating import SpecialTerms as Overrides
from kernel.exporting import Table

_AT_ONCE = 2000


def billing_tables(customer_id: str) -> list[Table]:
    """Subscriptions, billing periods, usage, charges and what was agreed; amounts in EUR without VAT."""
    subscriptions = ("id", "plan_version__plan__name", "interval", "started_at", "ended_at")
    periods = ("id", "subscription_id", "starts_at", "ends_at", "state")
    events = ("id", "billing_period_id", "meter", "quantity", "source_type", "source_id", "occurred_at", "member_id")
    charges = (
        *("id", "item", "description", "quantity", "unit_price", "amount", "currency"),
        *("source_id", "reverses_id", "occurred_at"),
    )
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
        *_agreed_tables(customer_id),
    ]


def _agreed_tables(customer_id: str) -> list[Table]:
    """What was ordered and agreed beside the plan, and what is measured for it."""
    orders = ("id", "add_on__name", "quantity", "price", "ordered_at", "ordered_by", "starts_on", "ends_on")
    terms = (
        *("id", "starts_on", "ends_on", "signed_on", "document_name", "document_sha256"),
        *(field.name for field in fields(Overrides)),
    )
    levels = ("on", "meter", "quantity")
    return [
        Table(
            "additional-services",
            "What was ordered beside the plan, at which price for one, and until when.",
            ("id", "service", *orders[2:]),
            AddOnOrder.objects.filter(customer_id=customer_id).order_by("ordered_at").values_list(*orders),
        ),
        Table(
            "special-terms",
            "What was signed instead of the price list; an empty cell leaves what the plan says.",
            terms,
            SpecialTerms.objects.filter(customer_id=customer_id).order_by("starts_on").values_list(*terms),
        ),
        Table(
            "levels",
            "How many users and gigabytes there were, day by day.",
            levels,
            MeterLevel.objects.filter(customer_id=customer_id).order_by("on", "meter").values_list(*levels),
        ),
    ]
