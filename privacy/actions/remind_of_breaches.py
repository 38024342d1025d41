"""Queues the breaches of which staff are to be reminded."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.jobs import enqueue_row
from privacy.models import DataBreach
from privacy.rules.breaches import reminders_due


@transaction.atomic
def remind_of_breaches(*, now: datetime) -> int:
    """One job for each with a reminder that is due, so that one's trouble does not hold up the others (E7).

    Returns how many there are.
    """
    open_ones = DataBreach.objects.filter(closed_at=None, authority_told_at=None).order_by("id")
    due = [row.id for row in open_ones if reminders_due(row.facts(customers_told=0), given=row.reminded, now=now)]
    for breach_id in due:
        enqueue_row("privacy.remind_of_breach", row_id=breach_id, now=now)
    return len(due)
