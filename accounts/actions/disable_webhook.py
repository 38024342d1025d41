"""Turns a webhook off."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._webhooks import held_webhook
from accounts.models import Webhook
from kernel import audit, outbox
from kernel.actor import Actor

BY_HAND = "by_hand"


def disable_webhook(*, actor: Actor, webhook_id: str, now: datetime) -> Webhook:
    """Send nothing more until it is turned on again; what happens meanwhile waits. Raises `NotFound`."""
    with transaction.atomic():
        webhook = held_webhook(actor, webhook_id)
        if not webhook.is_enabled:
            return webhook
        webhook.state, webhook.disabled_reason = Webhook.State.DISABLED, BY_HAND
        webhook.save(update_fields=["state", "disabled_reason"])
        facts = {"reason": BY_HAND}
        audit.record(actor=actor, action="webhook.disabled", now=now, subject=webhook.id, details=facts)
        outbox.emit("webhook.disabled", now=now, customer_id=actor.customer, subject=webhook.id, payload=facts)
    return webhook
