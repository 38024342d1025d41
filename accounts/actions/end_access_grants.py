"""Queues the access grants that are over, and those that an order forbade to tell of until now."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import AccessGrant
from accounts.rules.grants import LIVING, is_over
from kernel.jobs import enqueue_row


@transaction.atomic
def end_access_grants(*, now: datetime) -> int:
    """One job for each, so that one's trouble does not hold up the others (clauses D7, D8); returns how many."""
    living = AccessGrant.objects.filter(state__in=[each.value for each in LIVING]).order_by("id")
    over = [grant.id for grant in living if is_over(grant.terms, now=now)]
    told = list(AccessGrant.objects.filter(silent_until__lte=now).order_by("id").values_list("id", flat=True))
    for grant_id in over:
        enqueue_row("accounts.end_access_grant", row_id=grant_id, now=now)
    for grant_id in told:
        enqueue_row("accounts.disclose_access", row_id=grant_id, now=now)
    return len(over) + len(told)
