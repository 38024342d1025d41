"""Why a customer is suspended, for its members and for staff."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Suspension


def suspension_of(customer_id: str) -> Suspension | None:
    """The suspension that holds; None for one that is older than these records."""
    return Suspension.objects.filter(customer_id=customer_id, lifted_at=None).first()


def suspensions_to_review(*, now: datetime) -> int:
    """How many suspensions staff should have looked at again by now."""
    return Suspension.objects.filter(lifted_at=None, review_at__lte=now).count()
