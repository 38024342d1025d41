"""Queues the contracts whose last day is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Ending
from kernel.jobs import enqueue_row


@transaction.atomic
def end_due_contracts(*, now: datetime) -> int:
    """One job for each ending that has come, so that one's trouble does not hold up the others (C6, C7, C8).

    Returns how many there are.
    """
    found = list(Ending.objects.due(now).order_by("ends_at", "id").values_list("id", flat=True))
    for ending_id in found:
        enqueue_row("accounts.end_due_contract", row_id=ending_id, now=now)
    return len(found)
