"""Queues the cases whose time to object is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Case
from accounts.rules.cases import CaseState
from kernel.jobs import enqueue_row


@transaction.atomic
def carry_out_cases(*, now: datetime) -> int:
    """One job for each, so that one's trouble does not hold up the others (clauses C4, C12); returns how many."""
    due = Case.objects.filter(state=CaseState.GRANTED, takes_effect_at__lte=now).order_by("id")
    found = list(due.values_list("id", flat=True))
    for case_id in found:
        enqueue_row("accounts.carry_out_case", row_id=case_id, now=now)
    return len(found)
