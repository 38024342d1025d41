"""Tells a customer that an API token of theirs expires."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.models import ApiToken
from accounts.rules.tokens import reminder_due
from kernel import outbox


def remind_of_token(*, token_id: str, now: datetime) -> bool:
    """14 days and one day before, each once, however late or often this runs; returns whether it was told now."""
    with transaction.atomic():
        held = ApiToken.objects.select_for_update(no_key=True).filter(id=token_id, revoked_at=None)
        row = held.first()
        if row is None:
            return False
        due = reminder_due(row.expires_at, reminded=row.reminded_days, now=now)
        if due is None:
            return False
        row.reminded_days = due
        row.save(update_fields=["reminded_days"])
        told = {"live": row.live, "days": due}
        outbox.emit("api_token.ending", now=now, customer_id=row.customer_id, subject=row.id, payload=told)
        give_notice(
            kind="api_token.ending",
            customer_id=row.customer_id,
            now=now,
            permission="token.manage",
            facts={"name": row.name, "prefix": row.prefix, "expires_at": row.expires_at.isoformat()},
            subject=row.id,
        )
    return True
