"""Ask the card company about everything that has not ended, in case its message was lost or a worker died."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from billing.models import CardPayment, CardRefund, SavedCard
from billing.rules.card_payments import ask_again_every
from kernel.actor import Actor
from kernel.jobs import enqueue

_LEFT_ALONE = timedelta(minutes=2)  # whoever began it is at work


def queue_card_checks(*, actor: Actor, now: datetime) -> int:
    """Queue a job for each open payment, refund and card asked for, once an interval; returns how many there were."""
    actor.require("billing.manage")
    before = now - _LEFT_ALONE
    payments = CardPayment.objects.unfinished().filter(created_at__lt=before)
    refunds = CardRefund.objects.filter(state__in=["asked", "pending"], asked_at__lt=before)
    cards = SavedCard.objects.filter(saved_at=None, removed_at=None, consented_at__lt=before)
    due = [
        *(("billing.settle_card_payment", row.id, row.customer_id, row.created_at) for row in payments),
        *(
            ("billing.settle_card_refund", row.id, row.card_payment.customer_id, row.asked_at)
            for row in refunds.select_related("card_payment")
        ),
        *(("billing.complete_saved_card", row.id, row.customer_id, row.consented_at) for row in cards),
    ]
    with transaction.atomic():
        for kind, row_id, customer_id, since in due:
            slot = int(now.timestamp() // ask_again_every(since, now).total_seconds())
            key = f"{kind}:{row_id}:{slot}"
            enqueue(kind, now=now, key=key, customer_id=customer_id, payload={"subject": row_id})
    return len(due)
