"""Puts a message back into its webhook's line whose job has failed on our side too often."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions._webhooks import State
from accounts.models import Webhook

_PAUSE = timedelta(hours=1)


def give_up_delivery(*, delivery_id: str, dispatched: int, now: datetime) -> None:
    """It is tried again in an hour; what was ended or ordered again meanwhile stays as it is."""
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update(no_key=True).filter(deliveries=delivery_id).first()
        if webhook is not None:
            webhook.deliveries.filter(id=delivery_id, dispatched=dispatched, state=State.SENDING).update(
                state=State.PENDING, next_attempt_at=now + _PAUSE
            )
