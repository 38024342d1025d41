"""Fetch whether a card was saved; from then on invoices are charged to it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from billing.actions._cards import offered_gateway
from billing.gateways.psp import FetchedCard, PspDown, PspRefused
from billing.models import SavedCard
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.outbox import emit


def complete_saved_card(*, actor: Actor, saved_card_id: str, now: datetime) -> SavedCard:
    """Bring a card that was asked for up to date; saved, it takes the place of the one before.

    One that is saved or removed stays as it is. Raises `NotFound`, `CardsNotOffered` and `PspDown`.
    """
    card = SavedCard.objects.filter(pk=saved_card_id).first()
    if card is None or actor.customer_id not in {None, card.customer_id}:
        raise NotFound
    if card.saved_at or card.removed_at:
        return card
    fetched = _fetched(card)
    if fetched and fetched.order_id != card.id:
        raise PspDown("it tells of another card")
    with transaction.atomic():
        # Cards of one customer take turns: the old one goes in the same moment as the new one comes.
        list(SavedCard.objects.select_for_update().filter(customer_id=card.customer_id, removed_at=None))
        card.refresh_from_db()
        if card.saved_at or card.removed_at:
            return card
        if fetched is None or fetched.over:
            card.removed_at, card.removed_by = now, actor.name
            card.save()
        elif fetched.method_ref:
            _keep(actor, card, fetched, now)
    return card


def _fetched(card: SavedCard) -> FetchedCard | None:
    """What the card company has; None where nothing was made, or is no longer."""
    gateway = offered_gateway()
    try:
        return gateway.fetch_setup(card.setup_id) if card.setup_id else None
    except PspRefused:
        return None


def _keep(actor: Actor, card: SavedCard, fetched: FetchedCard, now: datetime) -> None:
    for before in SavedCard.objects.live().filter(customer_id=card.customer_id):
        before.removed_at, before.removed_by = now, card.consented_by
        before.save()
        emit("card.removed", now=now, customer_id=card.customer_id, subject=before.id)
    card.saved_at = now
    card.customer_ref, card.method_ref = fetched.customer_ref, fetched.method_ref
    card.brand, card.last4 = fetched.brand[:40], fetched.last4[:4]
    card.expiry_year, card.expiry_month = fetched.expiry_year, fetched.expiry_month
    card.save()
    facts = {"brand": card.brand, "last4": card.last4}
    audit.record(
        actor=actor, action="card.saved", now=now, customer_id=card.customer_id, subject=card.id, details=facts
    )
    emit("card.saved", now=now, customer_id=card.customer_id, subject=card.id)
    give_notice(
        kind="card.saved",
        customer_id=card.customer_id,
        now=now,
        permission="billing.manage",
        subject=card.id,
        facts=facts | {"consent": card.consent, "by": card.consented_by},
    )
