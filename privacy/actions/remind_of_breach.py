"""Reminds staff of a breach that the authority has still to be told of."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.queries import staff_people
from privacy.models import DataBreach
from privacy.rules.breaches import due_at, reminders_due


def remind_of_breach(*, breach_id: str, now: datetime) -> int:
    """How many reminders were given: 24 and 6 hours before the 72 are over, and then (E7). Safe to run twice."""
    with transaction.atomic():
        row = DataBreach.objects.select_for_update().get(id=breach_id)
        due = reminders_due(row.facts(customers_told=0), given=row.reminded, now=now)
        if not due:
            return 0
        row.reminded = [*row.reminded, *due]
        row.save(update_fields=["reminded"])
        give_notice(
            kind="breach.due",
            customer_id=None,
            now=now,
            people=staff_people(),
            subject=row.id,
            facts={
                "title": row.title,
                "breach": row.id,
                "due_at": due_at(row.aware_at).isoformat(),
                "overdue": "overdue" in due,
                "assessed": bool(row.risk),
            },
        )
    return len(due)
