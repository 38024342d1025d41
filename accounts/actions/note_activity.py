"""Notes that a customer is in use, so that its free account is kept (clause C9)."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from accounts.models import Customer


def note_activity(*, customer_id: str, on: date) -> None:
    """Keep the legal day `on` as the customer's last one, unless a later one is kept: written once a day at most."""
    earlier = Q(last_active_on=None) | Q(last_active_on__lt=on)
    Customer.objects.filter(earlier, id=customer_id).update(last_active_on=on)
