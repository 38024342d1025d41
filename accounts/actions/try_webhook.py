"""Sends `webhook.test` to a webhook and waits for the answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions._webhooks import State, held_webhook, targeted
from accounts.gateways.webhook_keys import signed_headers
from accounts.gateways.webhooks import Answer, post
from accounts.models import WebhookAttempt, WebhookDelivery
from accounts.queries.events import text_of
from accounts.queries.webhooks import signing_keys, webhook_of
from accounts.rules.events import TEST, message
from accounts.rules.webhook_addresses import UnfitAddress
from accounts.rules.webhooks import Outcome, judge
from kernel import audit
from kernel.actor import Actor
from kernel.ids import new_id


def try_webhook(*, actor: Actor, webhook_id: str, now: datetime) -> WebhookDelivery:
    """The delivery with its one attempt, in the log like any other, also of a webhook that is turned off.

    Nothing follows from how it ends: it is not tried again and turns nothing off. Raises `NotFound`.
    """
    webhook = webhook_of(actor, webhook_id)
    message_id, text = new_id("evt"), text_of(message(TEST, now, {"id": webhook.id, "live": webhook.live}))
    headers = signed_headers(message_id, now, text.encode(), signing_keys(webhook, now=now))
    try:
        answer = post(targeted(webhook.url), text.encode(), headers)
    except UnfitAddress:
        answer = Answer(0, error="address_refused")
    delivered = judge(answer.status, attempt=1, now=now, chance=0).outcome is Outcome.DELIVERED
    ended_at = now + timedelta(milliseconds=answer.milliseconds)
    with transaction.atomic():
        delivery = WebhookDelivery.objects.create(
            webhook=held_webhook(actor, webhook_id),
            message_id=message_id,
            type=TEST,
            body=text,
            state=State.DELIVERED if delivered else State.FAILED,
            attempts_made=1,
            attempts_in_round=1,
            created_at=now,
            ended_at=ended_at,
        )
        WebhookAttempt.objects.create(
            delivery=delivery,
            number=1,
            at=ended_at,
            milliseconds=answer.milliseconds,
            request_headers=headers,
            status=answer.status,
            error=answer.error,
            answer_headers=dict(answer.headers),
            answer_body=answer.body,
        )
        facts = {"status": answer.status, "error": answer.error}
        audit.record(actor=actor, action="webhook.tested", now=now, subject=webhook_id, details=facts)
    return delivery
