"""A card's holder has the bank take money back (chargeback), and perhaps we get it again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.queries import staff_people
from billing.actions._cards import book_movement, offered_gateway
from billing.actions.settle_card_payment import settle_card_payment
from billing.gateways.psp import MovementState
from billing.models import CardPayment, Payment
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.money import CURRENCY


def settle_dispute(*, actor: Actor, dispute_id: str, now: datetime) -> Payment | None:
    """Fetch a dispute and book what it moved: the invoice is open again, and paid again when the dispute is won.

    Staff and the customer are told. None when nothing has moved since. Raises `NotFound` for a payment that is not
    ours and `PspDown`.
    """
    gateway = offered_gateway()
    dispute = gateway.fetch_dispute(dispute_id)
    order_id = gateway.fetch_payment(dispute.intent_id).order_id if dispute.intent_id else ""
    payment = settle_card_payment(actor=actor, card_payment_id=order_id, now=now)
    if dispute.currency != CURRENCY:
        raise NotFound
    with transaction.atomic():
        payment = CardPayment.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=payment.pk)
        moved = book_movement(actor=actor, card_payment=payment, kind=Payment.Kind.RETURN, movement=dispute, now=now)
        if moved is None:
            return None
        won = dispute.state is MovementState.UNDONE
        facts = {"invoice": payment.invoice.number, "amount": str(abs(moved.amount)), "won": won}
        audit.record(
            actor=actor,
            action="card_payment.dispute_won" if won else "card_payment.disputed",
            now=now,
            customer_id=payment.customer_id,
            subject=payment.id,
            details={**facts, "number": payment.invoice.number, "dispute": dispute.provider_id},
        )
        told = facts | {"customer_name": payment.customer.name, "dispute": dispute.provider_id}
        give_notice(
            kind="card.dispute_opened",
            customer_id=None,
            now=now,
            people=staff_people(),
            facts=told,
            subject=payment.id,
        )
        give_notice(
            kind="card.payment_disputed",
            customer_id=payment.customer_id,
            now=now,
            permission="billing.manage",
            facts=facts,
            subject=payment.id,
        )
    return moved
