"""A customer takes its card back: no invoice is charged to it any more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions.charge_saved_card import NoSavedCard
from billing.models import SavedCard
from kernel import audit
from kernel.actor import Actor
from kernel.outbox import emit


def remove_card(*, actor: Actor, now: datetime) -> SavedCard:
    """End the consent at once; a job has the card company forget the card. Raises `Forbidden` and `NoSavedCard`."""
    actor.require("billing.manage")
    with transaction.atomic():
        card = SavedCard.objects.live().select_for_update().filter(customer_id=actor.customer).first()
        if card is None:
            raise NoSavedCard
        card.removed_at, card.removed_by = now, actor.name
        card.save()
        facts = {"brand": card.brand, "last4": card.last4}
        audit.record(actor=actor, action="card.removed", now=now, subject=card.id, details=facts)
        emit("card.removed", now=now, customer_id=actor.customer, subject=card.id)
    return card
