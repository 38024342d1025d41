"""Gives a webhook new keys."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._webhooks import held_webhook
from accounts.gateways.webhook_keys import SigningKeys, new_keys
from accounts.models import Webhook
from accounts.queries.webhooks import keys_context, webhook_of
from accounts.rules.webhooks import OLD_KEYS_HOLD
from kernel import audit, outbox, vault
from kernel.actor import Actor


def rotate_webhook_keys(*, actor: Actor, webhook_id: str, now: datetime) -> tuple[Webhook, SigningKeys]:
    """New keys that sign from now on; for 24 hours messages are signed with the ones before, too. Raises `NotFound`."""
    webhook_of(actor, webhook_id)
    keys = new_keys()
    kept = vault.encrypt_text(actor.customer, keys_context(webhook_id), keys.kept())
    with transaction.atomic():
        webhook = held_webhook(actor, webhook_id)
        webhook.former_keys, webhook.former_until = webhook.keys, now + OLD_KEYS_HOLD
        webhook.keys, webhook.public_key = kept, keys.public_key
        webhook.save(update_fields=["former_keys", "former_until", "keys", "public_key"])
        facts = {"old_until": webhook.former_until.isoformat()}
        audit.record(actor=actor, action="webhook.rotated", now=now, subject=webhook.id, details=facts)
        outbox.emit("webhook.rotated", now=now, customer_id=actor.customer, subject=webhook.id, payload=facts)
    return webhook, keys
