"""What was used: one event per unit delivered, and the quantities that closing a period fixed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from billing.models.plans import Meter
from billing.models.subscriptions import BillingPeriod


class UsageEvent(models.Model):
    """One metered delivery. Append-only: triggers refuse changes, and events for a period that is closed.

    `source_type` and `source_id` name what was delivered, once per meter; `member_id` or `token_id` who
    ordered it. No word of the customer's own is kept here. `late` tells that it happened before its period
    began, in one that was closed by then. A correction is a new event with a negative quantity.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    billing_period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="events", db_constraint=False, db_index=False
    )
    meter = models.CharField(max_length=16, choices=Meter)
    source_type = models.CharField(max_length=32)
    source_id = models.CharField(max_length=80)
    quantity = models.IntegerField(default=1)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    late = models.BooleanField(default=False)
    member_id = models.CharField(max_length=40, blank=True)
    token_id = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meter", "source_type", "source_id"], name="usage_event_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="usage_event_counts"),
        ]
        indexes = [
            models.Index(
                fields=["billing_period", "meter", "occurred_at"],
                include=["quantity", "late"],
                name="usage_event_by_period",
            )
        ]

    def __str__(self) -> str:
        return f"{self.meter} {self.source_id}"


class MeterReading(models.Model):
    """The quantity of one meter fixed when its period was closed: what the invoice charges. Never changes."""

    billing_period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, related_name="readings")
    meter = models.CharField(max_length=16, choices=Meter)
    quantity = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["billing_period", "meter"], name="meter_reading_once"),
        ]

    def __str__(self) -> str:
        return f"{self.meter} {self.quantity}"
