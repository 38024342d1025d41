"""Webhooks and their delivery logs, as their customer sees them, and what the workers have to do for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.gateways.webhook_keys import SigningKeys, keys_kept
from accounts.models import Webhook, WebhookDelivery
from kernel import vault
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.stream import SETTLED

PAGE = 50
_WITH_WORK = f"""
    SELECT webhook.id FROM accounts_webhook webhook
      JOIN accounts_customer customer ON customer.id = webhook.customer_id AND customer.status IN ('active', 'ending')
     WHERE webhook.state = 'enabled'
       AND (EXISTS (SELECT FROM kernel_event event WHERE event.customer_id = webhook.customer_id
                       AND (event.written_by, event.id) > (webhook.seen_transaction, webhook.seen_event) AND {SETTLED})
         OR EXISTS (SELECT FROM accounts_webhookdelivery delivery WHERE delivery.webhook_id = webhook.id
                       AND delivery.state = 'pending' AND delivery.next_attempt_at <= %s))
     ORDER BY webhook.failing_since IS NOT NULL, webhook.seen_event
"""


def webhooks_of(actor: Actor) -> QuerySet[Webhook]:
    """The webhooks of the actor's customer, the oldest first; a token's of its own mode only."""
    actor.require("webhook.manage")
    found = Webhook.objects.filter(customer_id=actor.customer)
    if actor.kind == "token":
        found = found.filter(live=actor.live)
    return found.order_by("created_at", "id")


def webhook_of(actor: Actor, webhook_id: str) -> Webhook:
    """One of them; raises `NotFound`."""
    found = webhooks_of(actor).filter(id=webhook_id).first()
    if found is None:
        raise NotFound
    return found


def deliveries_of(
    actor: Actor, webhook_id: str, *, states: Collection[str] = (), before: str = "", limit: int = PAGE
) -> tuple[list[WebhookDelivery], str | None]:
    """The delivery log of a webhook, the newest first, and the id to go on before; raises `NotFound`."""
    found = webhook_of(actor, webhook_id).deliveries.prefetch_related("attempts").order_by("-id")
    if states:
        found = found.filter(state__in=states)
    if before:
        found = found.filter(id__lt=before)
    rows = list(found[: limit + 1])
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def delivery_of(actor: Actor, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    """One delivery with its attempts; raises `NotFound`."""
    found = WebhookDelivery.objects.select_related("webhook").prefetch_related("attempts")
    delivery = found.filter(webhook__in=webhooks_of(actor).filter(id=webhook_id), id=delivery_id).first()
    if delivery is None:
        raise NotFound
    return delivery


def webhooks_with_work(*, now: datetime) -> list[str]:
    """The ids of enabled webhooks with new events or a message that is due; those that answer come first."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_WORK, [now])
        return [row[0] for row in cursor.fetchall()]


def keys_context(webhook_id: str) -> str:
    """What the encrypted keys of a webhook are bound to."""
    return f"accounts_webhook/{webhook_id}/keys"


def signing_keys(webhook: Webhook, *, now: datetime) -> list[SigningKeys]:
    """The keys that sign now, the newest first. May ask the HSM, so it is called outside transactions."""
    kept = [webhook.keys]
    if webhook.former_keys is not None and webhook.former_until is not None and webhook.former_until > now:
        kept.append(webhook.former_keys)
    context = keys_context(webhook.id)
    return [keys_kept(vault.decrypt_text(webhook.customer_id, context, bytes(each))) for each in kept]


def secret_of(actor: Actor, webhook_id: str, *, now: datetime) -> SigningKeys:
    """The keys of a webhook, to be shown to who has just signed in; raises `NotFound`."""
    return signing_keys(webhook_of(actor, webhook_id), now=now)[0]


def undelivered(webhook_id: str) -> int:
    """How many messages of a webhook wait or are being sent."""
    return WebhookDelivery.objects.filter(Q(state="pending") | Q(state="sending"), webhook_id=webhook_id).count()
