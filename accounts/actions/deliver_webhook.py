"""Sends one message to one webhook, once, and records what came of it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions._webhooks import State, send_due, targeted
from accounts.actions.give_notice import give_notice
from accounts.gateways.webhook_keys import signed_headers
from accounts.gateways.webhooks import Answer, post
from accounts.models import Webhook, WebhookAttempt, WebhookDelivery
from accounts.queries.webhooks import signing_keys
from accounts.rules.webhook_addresses import UnfitAddress
from accounts.rules.webhooks import Judgement, Outcome, is_hopeless, judge, wish_of
from kernel import audit, outbox
from kernel.actor import Actor

DELIVERER = "accounts.deliver_webhook"


def deliver_webhook(*, delivery_id: str, dispatched: int, now: datetime) -> None:
    """Post the message with signatures of this moment, outside any transaction, then write down the answer.

    A worker that dies in between sends it again later, with the same message id. `dispatched` is the order that the
    job stands for; an older one changes nothing. Raises an outage when the HSM that guards the keys is away.
    """
    found = WebhookDelivery.objects.select_related("webhook__customer").filter(
        id=delivery_id, dispatched=dispatched, state=State.SENDING
    )
    delivery = found.first()
    if delivery is None:
        return
    webhook = delivery.webhook
    if not webhook.is_enabled or not webhook.customer.is_active:
        found.update(state=State.PENDING, next_attempt_at=now)
        return
    body = delivery.body.encode()
    headers = signed_headers(delivery.message_id, now, body, signing_keys(webhook, now=now))
    try:
        answer = post(targeted(webhook.url), body, headers)
    except UnfitAddress:  # the operator allows less than when it was added
        answer = Answer(0, error="address_refused")
    _record(delivery_id, dispatched, headers, answer, now + timedelta(milliseconds=answer.milliseconds))


def _record(delivery_id: str, dispatched: int, headers: dict[str, str], answer: Answer, now: datetime) -> None:
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update(no_key=True).filter(deliveries=delivery_id).first()
        if webhook is None:
            return
        delivery = webhook.deliveries.filter(id=delivery_id, dispatched=dispatched, state=State.SENDING).first()
        if delivery is None:
            return
        delivery.attempts_made += 1
        delivery.attempts_in_round += 1
        WebhookAttempt.objects.create(
            delivery=delivery,
            number=delivery.attempts_made,
            at=now,
            milliseconds=answer.milliseconds,
            request_headers=headers,
            status=answer.status,
            error=answer.error,
            answer_headers=dict(answer.headers),
            answer_body=answer.body,
        )
        judgement = judge(
            answer.status,
            attempt=delivery.attempts_in_round,
            now=now,
            chance=random.random(),  # noqa: S311 - jitter
            wish=wish_of(answer.headers.get("retry-after", ""), now=now),
        )
        _end_attempt(delivery, judgement, now)
        _judge_endpoint(webhook, judgement, now)


def _end_attempt(delivery: WebhookDelivery, judgement: Judgement, now: datetime) -> None:
    again = judgement.outcome is Outcome.AGAIN
    ended = State.DELIVERED if judgement.outcome is Outcome.DELIVERED else State.FAILED
    delivery.state = State.PENDING if again else ended
    delivery.next_attempt_at, delivery.ended_at = judgement.next_at, None if again else now
    delivery.save()


def _judge_endpoint(webhook: Webhook, judgement: Judgement, now: datetime) -> None:
    if judgement.outcome is Outcome.DELIVERED:
        webhook.failing_since, webhook.failures = None, 0
    else:
        webhook.failing_since, webhook.failures = webhook.failing_since or now, webhook.failures + 1
    hopeless = is_hopeless(failing_since=webhook.failing_since, failures=webhook.failures, now=now)
    webhook.save(update_fields=["failing_since", "failures"])
    if webhook.is_enabled and (judgement.gone or hopeless):
        _turn_off(webhook, "gone" if judgement.gone else "failing", now)
    elif webhook.is_enabled:
        send_due(webhook, now=now)


def _turn_off(webhook: Webhook, reason: str, now: datetime) -> None:
    webhook.state, webhook.disabled_reason = Webhook.State.DISABLED, reason
    webhook.save(update_fields=["state", "disabled_reason"])
    customer_id, facts = webhook.customer_id, {"reason": reason}
    system = Actor.system(DELIVERER, customer_id=customer_id)
    audit.record(actor=system, action="webhook.disabled", now=now, subject=webhook.id, details=facts)
    outbox.emit("webhook.disabled", now=now, customer_id=customer_id, subject=webhook.id, payload=facts)
    give_notice(
        kind="webhook.disabled",
        customer_id=customer_id,
        now=now,
        permission="webhook.manage",
        facts={"url": webhook.url, "webhook": webhook.id, "reason": reason},
        subject=webhook.id,
    )
