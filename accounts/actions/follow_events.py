"""Writes a delivery for each new event and webhook, and sends what is due.

It follows the stream after the fact, so that webhooks cost whoever emits an event nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._webhooks import send_due
from accounts.models import Webhook, WebhookDelivery
from accounts.queries.events import as_told, text_of
from accounts.queries.webhooks import webhooks_with_work
from accounts.rules.events import inner_names
from kernel.stream import Place, events_after

_AT_A_TIME = 500


def follow_events(*, now: datetime) -> int:
    """Every enabled webhook's turn, each in a transaction of its own; returns how many deliveries were written.

    Each (webhook, event) gets one: place and deliveries move together, and the pair is unique. A webhook that somebody
    else holds is left for the next time.
    """
    return sum(_follow(webhook_id, now) for webhook_id in webhooks_with_work(now=now))


def _follow(webhook_id: str, now: datetime) -> int:
    with transaction.atomic():
        held = Webhook.objects.select_for_update(no_key=True, skip_locked=True)
        webhook = held.filter(id=webhook_id, state=Webhook.State.ENABLED).first()
        if webhook is None:
            return 0
        written = _write_deliveries(webhook, now)
        send_due(webhook, now=now)
    return written


def _write_deliveries(webhook: Webhook, now: datetime) -> int:
    place = Place(webhook.seen_transaction, webhook.seen_event)
    rows = events_after(place, customer_id=webhook.customer_id, limit=_AT_A_TIME)
    if not rows:
        return 0
    wanted = set(inner_names(set(webhook.types)))
    heard = [row for row in rows if row.name in wanted and (row.payload.get("live") is not False) == webhook.live]
    WebhookDelivery.objects.bulk_create(
        (
            WebhookDelivery(
                webhook=webhook,
                message_id=event.id,
                type=event.type,
                body=text_of(event.message),
                created_at=now,
                next_attempt_at=now,
            )
            for event in map(as_told, heard)
        ),
        ignore_conflicts=True,
    )
    webhook.seen_transaction, webhook.seen_event = rows[-1].place
    webhook.save(update_fields=["seen_transaction", "seen_event"])
    return len(heard)
