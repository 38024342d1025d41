"""Adds a webhook and returns its keys."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._webhooks import check_address, check_types
from accounts.gateways.webhook_keys import SigningKeys, new_keys
from accounts.models import Customer, Webhook
from accounts.queries.webhooks import keys_context
from kernel import audit, outbox, vault
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.stream import place_now

MOST = 20


class TooManyWebhooks(Refusal):
    code = "too_many_webhooks"
    title = _("A customer has at most 20 webhooks.")


def create_webhook(
    *, actor: Actor, url: str, description: str = "", types: Collection[str] = (), live: bool = True, now: datetime
) -> tuple[Webhook, SigningKeys]:
    """A webhook that is told of what happens from now on: of the events `types`, of all without any.

    One that is not `live` is told of test seals only. Raises `WebhookAddressUnfit`, `UnknownEventType`,
    `TooManyWebhooks`.
    """
    actor.require("webhook.manage")
    wanted = check_types(types)
    check_address(url)
    webhook_id, keys = new_id("whk"), new_keys()
    kept = vault.encrypt_text(actor.customer, keys_context(webhook_id), keys.kept())
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        if Webhook.objects.filter(customer_id=actor.customer).count() >= MOST:
            raise TooManyWebhooks
        place = place_now()
        row = Webhook.objects.create(
            id=webhook_id,
            customer_id=actor.customer,
            live=live,
            url=url,
            description=description,
            types=wanted,
            keys=kept,
            public_key=keys.public_key,
            seen_transaction=place.transaction,
            seen_event=place.event,
            created_by=actor.id,
            created_by_name=actor.name,
            created_at=now,
        )
        facts = {"url": url, "types": wanted, "live": live}
        audit.record(actor=actor, action="webhook.created", now=now, subject=row.id, details=facts)
        outbox.emit("webhook.created", now=now, customer_id=actor.customer, subject=row.id)
    return row, keys
