"""Changes where a webhook leads, what it is for and what it is told of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.actions._webhooks import check_address, check_types, held_webhook
from accounts.models import Webhook
from accounts.queries.webhooks import webhook_of
from kernel import audit, outbox
from kernel.actor import Actor


def change_webhook(
    *,
    actor: Actor,
    webhook_id: str,
    url: str | None = None,
    description: str | None = None,
    types: Collection[str] | None = None,
    now: datetime,
) -> Webhook:
    """Change what is given; messages that wait go to the new address, too.

    Raises `NotFound`, `WebhookAddressUnfit`, `UnknownEventType`.
    """
    webhook = webhook_of(actor, webhook_id)
    wanted = webhook.types if types is None else check_types(types)
    if url is not None and url != webhook.url:
        check_address(url)
    with transaction.atomic():
        webhook = held_webhook(actor, webhook_id)
        before = {"url": webhook.url, "description": webhook.description, "types": webhook.types}
        webhook.url = webhook.url if url is None else url
        webhook.description = webhook.description if description is None else description
        webhook.types = wanted
        after = {"url": webhook.url, "description": webhook.description, "types": webhook.types}
        if before == after:
            return webhook
        webhook.save(update_fields=["url", "description", "types"])
        facts = {"from": before, "to": after}
        audit.record(actor=actor, action="webhook.changed", now=now, subject=webhook.id, details=facts)
        outbox.emit("webhook.changed", now=now, customer_id=actor.customer, subject=webhook.id)
    return webhook
