"""Sends a message to a webhook again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._webhooks import held_webhook, order_again, send_due
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class WebhookDisabled(Refusal):
    code = "webhook_disabled"
    status = 409
    title = _("The webhook is turned off; turn it on first.")


def replay_delivery(*, actor: Actor, webhook_id: str, delivery_id: str, now: datetime) -> None:
    """Send it now, with the same message id, on a schedule of its own; one that is on its way is left alone.

    Raises `NotFound`, `WebhookDisabled`.
    """
    with transaction.atomic():
        webhook = held_webhook(actor, webhook_id)
        delivery = webhook.deliveries.filter(id=delivery_id).first()
        if delivery is None:
            raise NotFound
        if not webhook.is_enabled:
            raise WebhookDisabled
        order_again(delivery, now=now)
        facts = {"delivery": delivery.id, "message": delivery.message_id}
        audit.record(actor=actor, action="webhook.delivery_replayed", now=now, subject=webhook.id, details=facts)
        send_due(webhook, now=now)
