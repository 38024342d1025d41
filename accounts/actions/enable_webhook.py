"""Turns a webhook on again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._webhooks import check_address, held_webhook
from accounts.models import Webhook
from accounts.queries.webhooks import webhook_of
from kernel import audit, outbox
from kernel.actor import Actor


def enable_webhook(*, actor: Actor, webhook_id: str, now: datetime) -> Webhook:
    """What has happened since it was turned off is sent now. One that is on stays as it is.

    Raises `NotFound`, `WebhookAddressUnfit`.
    """
    check_address(webhook_of(actor, webhook_id).url)
    with transaction.atomic():
        webhook = held_webhook(actor, webhook_id)
        if webhook.is_enabled:
            return webhook
        webhook.state, webhook.disabled_reason = Webhook.State.ENABLED, ""
        webhook.failing_since, webhook.failures = None, 0
        webhook.save(update_fields=["state", "disabled_reason", "failing_since", "failures"])
        audit.record(actor=actor, action="webhook.enabled", now=now, subject=webhook.id)
        outbox.emit("webhook.enabled", now=now, customer_id=actor.customer, subject=webhook.id)
    return webhook
