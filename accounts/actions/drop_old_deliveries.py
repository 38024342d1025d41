"""Forgets deliveries that ended long ago."""

from __future__ import annotations

from datetime import datetime

from accounts.models import WebhookDelivery
from accounts.rules.webhooks import LOG_KEPT


def drop_old_deliveries(*, now: datetime) -> int:
    """Delete what ended more than 30 days ago, with its attempts; returns the number of rows."""
    deleted, _by_model = WebhookDelivery.objects.filter(ended_at__lt=now - LOG_KEPT).delete()
    return deleted
