"""Rows of billing: the price list, subscriptions with their periods, and what was used in them."""

from billing.models.plans import Meter, Plan, PlanVersion
from billing.models.subscriptions import BillingPeriod, Subscription
from billing.models.usage import MeterReading, UsageEvent

__all__ = [
    "BillingPeriod",
    "Meter",
    "MeterReading",
    "Plan",
    "PlanVersion",
    "Subscription",
    "UsageEvent",
]
