"""Rows of billing: the price list, subscriptions with their periods, what was used in them, and single charges."""

from billing.models.charges import Charge, Item, ItemPrice
from billing.models.plans import Meter, Plan, PlanVersion
from billing.models.subscriptions import BillingPeriod, Subscription
from billing.models.usage import MeterReading, UsageEvent

__all__ = [
    "BillingPeriod",
    "Charge",
    "Item",
    "ItemPrice",
    "Meter",
    "MeterReading",
    "Plan",
    "PlanVersion",
    "Subscription",
    "UsageEvent",
]
