"""Sends all messages to a webhook again that failed since a moment."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._webhooks import State, held_webhook, order_again, send_due
from accounts.actions.replay_delivery import WebhookDisabled
from kernel import audit
from kernel.actor import Actor


def replay_failed_deliveries(*, actor: Actor, webhook_id: str, since: datetime, now: datetime) -> int:
    """Order them again, the oldest first; returns how many there were. Raises `NotFound`, `WebhookDisabled`."""
    with transaction.atomic():
        webhook = held_webhook(actor, webhook_id)
        if not webhook.is_enabled:
            raise WebhookDisabled
        failed = webhook.deliveries.filter(state=State.FAILED, created_at__gte=since).order_by("id")
        for delivery in failed:
            order_again(delivery, now=now)
        facts = {"since": since.isoformat(), "deliveries": len(failed)}
        audit.record(actor=actor, action="webhook.failures_replayed", now=now, subject=webhook.id, details=facts)
        send_due(webhook, now=now)
    return len(failed)
