"""A message of the card company is taken in: its signature is checked, it is stored once, and followed up by a job."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions._cards import offered_gateway
from billing.gateways.psp import Topic
from billing.models import PspEvent
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.outbox import emit


def record_psp_event(*, actor: Actor, provider: str, body: bytes, signature: str, now: datetime) -> PspEvent:
    """The stored message; one that was told before is the same row and starts nothing.

    Nothing in it is believed but that something has happened. Raises `NotFound` for another card company,
    `CardsNotOffered`, and `ForgedMessage`.
    """
    actor.require("billing.manage")
    gateway = offered_gateway()
    if provider != gateway.name:
        raise NotFound
    message = gateway.verify_webhook(body, signature, now=now)
    with transaction.atomic():
        event, is_new = PspEvent.objects.get_or_create(
            provider=provider,
            event_id=message.event_id,
            defaults={
                "kind": message.kind,
                "topic": message.topic,
                "subject": message.subject,
                "order_id": message.order_id,
                "received_at": now,
            },
        )
        if is_new and message.topic is not Topic.OTHER:
            emit("psp_event.recorded", now=now, customer_id=None, subject=str(event.pk))
    return event
