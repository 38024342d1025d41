"""Queues the API tokens that expire soon."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import ApiToken, Customer
from accounts.rules.tokens import REMINDER_DAYS, reminder_due
from kernel.jobs import enqueue_row


@transaction.atomic
def remind_of_tokens(*, now: datetime) -> int:
    """One job for each of which there is to be told, so that one's trouble does not hold up the others; returns how
    many.

    Nobody hears of tokens that are refused anyhow, because the customer is suspended or its contract is over.
    """
    soon = now + timedelta(days=REMINDER_DAYS[0])
    in_use = ApiToken.objects.filter(customer__status__in=[Customer.Status.ACTIVE, Customer.Status.ENDING])
    ending = in_use.filter(revoked_at=None, expires_at__gt=now, expires_at__lte=soon).order_by("id")
    due = [
        token_id
        for token_id, expires_at, reminded in ending.values_list("id", "expires_at", "reminded_days")
        if reminder_due(expires_at, reminded=reminded, now=now) is not None
    ]
    for token_id in due:
        enqueue_row("accounts.remind_of_token", row_id=token_id, now=now)
    return len(due)
