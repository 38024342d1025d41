"""What a message of the card company is about is fetched and brought up to date."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from billing.actions._cards import offered_gateway
from billing.actions.complete_saved_card import complete_saved_card
from billing.actions.settle_card_payment import settle_card_payment
from billing.actions.settle_card_refund import settle_card_refund
from billing.actions.settle_dispute import settle_dispute
from billing.gateways.psp import FetchedMovement, PspRefused, Topic
from billing.models import CardPayment, CardRefund, PspEvent, SavedCard
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.money import CURRENCY


def settle_psp_event(*, actor: Actor, event_id: int, now: datetime) -> None:
    """Follow up a stored message, whatever came before it. Raises `NotFound` for what is not ours, `PspDown`."""
    event = PspEvent.objects.filter(pk=event_id).first()
    if event is None:
        raise NotFound
    try:
        _settle(actor, event, now)
    except PspRefused as unknown:  # to the company itself: nothing of ours
        raise NotFound from unknown


def _settle(actor: Actor, event: PspEvent, now: datetime) -> None:
    match event.topic:
        case Topic.PAYMENT:
            settle_card_payment(actor=actor, card_payment_id=_payment_of(event), now=now)
        case Topic.SETUP:
            found = SavedCard.objects.filter(Q(setup_id=event.subject) | Q(pk=event.order_id)).first()
            complete_saved_card(actor=actor, saved_card_id=found.id if found else "", now=now)
        case Topic.REFUND:
            _settle_refund(actor, event, now)
        case Topic.DISPUTE:
            settle_dispute(actor=actor, dispute_id=event.subject, now=now)


def _payment_of(event: PspEvent) -> str:
    named = Q(provider_id=event.subject) | Q(intent_id=event.subject) | Q(pk=event.order_id)
    found = CardPayment.objects.filter(named, provider=event.provider).first() if event.subject else None
    return found.id if found else ""


def _settle_refund(actor: Actor, event: PspEvent, now: datetime) -> None:
    """One of ours, or one that was made on the card company's own pages: the payment tells whose."""
    refund = CardRefund.objects.filter(provider_id=event.subject).first()
    if refund is None:
        fetched = offered_gateway().fetch_refund(event.subject)
        refund = CardRefund.objects.filter(pk=fetched.refund_id).first() or _made_elsewhere(actor, fetched, now)
    settle_card_refund(actor=actor, refund_id=refund.id, now=now)


def _made_elsewhere(actor: Actor, fetched: FetchedMovement, now: datetime) -> CardRefund:
    """The row of a refund that nobody asked for here; raises `NotFound` when it is of no payment of ours."""
    with transaction.atomic():
        paid = CardPayment.objects.select_for_update(of=("self",)).filter(payment__isnull=False)
        payment = paid.filter(intent_id=fetched.intent_id).first() if fetched.intent_id else None
        if payment is None or fetched.currency != CURRENCY:
            raise NotFound
        refund, _is_new = CardRefund.objects.get_or_create(
            card_payment=payment,
            provider_id=fetched.provider_id,
            defaults={
                "amount": fetched.amount,
                "reason": "",
                "state": CardRefund.State.PENDING,
                "asked_at": now,
                "asked_by": actor.name,
            },
        )
    return refund
