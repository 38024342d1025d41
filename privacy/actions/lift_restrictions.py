"""Queues the restrictions whose day has come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.clock import legal_date
from kernel.jobs import enqueue_row
from privacy.models import Restriction


@transaction.atomic
def lift_restrictions(*, now: datetime) -> int:
    """One job for each, so that one's trouble does not hold up the others (D1). Returns how many there are."""
    over = Restriction.objects.filter(lifted_at=None, ends_on__lte=legal_date(now)).order_by("request_id")
    due = list(over.values_list("request_id", flat=True))
    for request_id in due:
        enqueue_row("privacy.lift_restriction", row_id=request_id, now=now)
    return len(due)
