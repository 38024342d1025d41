"""What a customer set for itself, of which no invoice is made, and which goes with its account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.models import Model, QuerySet

from billing.models import CostAlert, CostCentre, SpendingCap


def wishes_of(customer_id: str) -> Iterator[tuple[str, QuerySet[Model]]]:
    """Alerts, cap and cost centres, by name."""
    yield "cost_alerts", CostAlert.objects.filter(customer_id=customer_id)
    yield "spending_caps", SpendingCap.objects.filter(customer_id=customer_id)
    yield "cost_centres", CostCentre.objects.filter(customer_id=customer_id)


def wishes_left(customer_id: str) -> Mapping[str, int]:
    """How many of each are there."""
    return {name: rows.count() for name, rows in wishes_of(customer_id)}
