"""How many users and gigabytes a customer had in a billing period: the most on any of its days (B7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Max

from billing.models import Meter, MeterLevel
from billing.rules.periods import Period, days_of
from billing.rules.rating import Terms


@dataclass(frozen=True, kw_only=True)
class Level:
    """The evidence of one legal day; None for a meter that was not looked at."""

    on: date
    users: int | None
    storage_gb: int | None


def highest_levels(*, customer_id: str, span: Period, zone: ZoneInfo) -> dict[str, int]:
    """The highest level of each meter on the legal days of `span`, by the meter's code; none for what has no level."""
    days = days_of(span, zone)
    levels = MeterLevel.objects.filter(customer_id=customer_id, on__range=(days[0], days[-1]))
    return dict(levels.order_by().values_list("meter").annotate(highest=Max("quantity")))


def levels_so_far(terms: Terms, customer_id: str, span: Period, zone: ZoneInfo) -> tuple[int, int]:
    """The most users and gigabytes of a month by now, asked only where the plan counts them; zeros otherwise (B7)."""
    if terms.included_users is None and terms.included_storage_gb is None:
        return 0, 0
    found = highest_levels(customer_id=customer_id, span=span, zone=zone)
    return found.get(Meter.EXTRA_USER, 0), found.get(Meter.STORAGE_GB, 0)


def levels_of(*, customer_id: str, span: Period, zone: ZoneInfo) -> list[Level]:
    """The rows behind `highest_levels`, day by day."""
    days = days_of(span, zone)
    found: dict[date, dict[str, int]] = {}
    for level in MeterLevel.objects.filter(customer_id=customer_id, on__range=(days[0], days[-1])).order_by("on"):
        found.setdefault(level.on, {})[level.meter] = level.quantity
    return [
        Level(on=on, users=levels.get(Meter.EXTRA_USER), storage_gb=levels.get(Meter.STORAGE_GB))
        for on, levels in found.items()
    ]
