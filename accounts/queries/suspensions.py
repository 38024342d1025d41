"""Why a customer is suspended, for its members and for staff."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Suspension
from accounts.rules.suspensions import Ground


def suspension_of(customer_id: str) -> Suspension | None:
    """The suspension that holds; None for one that is older than these records."""
    return Suspension.objects.filter(customer_id=customer_id, lifted_at=None).first()


def suspensions_to_review(*, now: datetime) -> int:
    """How many suspensions staff should have looked at again by now."""
    return Suspension.objects.filter(lifted_at=None, review_at__lte=now).count()


def customers_suspended_for(ground: Ground) -> list[str]:
    """The ids of the customers that are suspended on this ground."""
    held = Suspension.objects.filter(lifted_at=None, ground=ground.value)
    return list(held.values_list("customer_id", flat=True))
