"""The card company forgets a card that was removed here."""

from __future__ import annotations

from datetime import datetime

from billing.actions._cards import offered_gateway
from billing.models import SavedCard
from kernel.actor import Actor
from kernel.errors import NotFound


def detach_card(*, actor: Actor, saved_card_id: str, now: datetime) -> None:
    """Have a removed card forgotten, once. Raises `NotFound` for one in use, `CardsNotOffered` and `PspDown`."""
    actor.require("billing.manage")
    card = SavedCard.objects.filter(pk=saved_card_id, removed_at__isnull=False).first()
    if card is None:
        raise NotFound
    if card.detached_at is None and card.method_ref:
        offered_gateway().detach(card.method_ref)
        SavedCard.objects.filter(pk=card.pk, detached_at=None).update(detached_at=now)
