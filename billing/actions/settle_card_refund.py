"""The card company is asked to give money back, once, and what became of it is booked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions._cards import book_movement, offered_gateway
from billing.gateways.psp import FetchedMovement, MovementState, PspRefused
from billing.models import CardPayment, CardRefund, Payment
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound

_State = CardRefund.State


def settle_card_refund(*, actor: Actor, refund_id: str, now: datetime) -> CardRefund:
    """Ask for the refund if that was not done, fetch it otherwise, and book it once it is made.

    One that comes back later is booked as the customer's money again. Raises `NotFound`, and `PspDown` after which it
    is asked for again under the same key.
    """
    refund = CardRefund.objects.select_related("card_payment").filter(pk=refund_id).first()
    if refund is None:
        raise NotFound
    if refund.state == _State.FAILED:
        return refund
    movement, code = _fetched(refund)
    with transaction.atomic():
        payment = CardPayment.objects.select_for_update(of=("self",)).select_related("invoice")
        card_payment = payment.get(pk=refund.card_payment_id)
        refund = CardRefund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
        if refund.state != _State.FAILED:
            _note(actor, card_payment, refund, movement, code, now)
    return refund


def _fetched(refund: CardRefund) -> tuple[FetchedMovement | None, str]:
    gateway, payment = offered_gateway(), refund.card_payment
    if refund.provider_id:
        return gateway.fetch_refund(refund.provider_id), ""
    try:
        return gateway.refund(refund_id=refund.id, intent_id=payment.intent_id, amount=refund.amount), ""
    except PspRefused as refused:
        return None, refused.code


def _note(
    actor: Actor,
    card_payment: CardPayment,
    refund: CardRefund,
    movement: FetchedMovement | None,
    code: str,
    now: datetime,
) -> None:
    before = refund.state
    refund.fetched_at = now
    if movement is None:
        refund.state, refund.failure_code = _State.FAILED, code[:80]
    else:
        refund.provider_id = movement.provider_id
        refund.failure_code = movement.failure_code[:80]
        moved = book_movement(
            actor=actor, card_payment=card_payment, kind=Payment.Kind.REFUND, movement=movement, now=now
        )
        if movement.state is MovementState.DONE and moved:
            refund.state, refund.payment = _State.SUCCEEDED, moved
        elif movement.state is MovementState.UNDONE and before != _State.SUCCEEDED:
            refund.state = _State.FAILED
        elif before == _State.ASKED:
            refund.state = _State.PENDING
    refund.save()
    if refund.state != before and refund.state != _State.PENDING:
        facts = {"number": card_payment.invoice.number, "amount": str(refund.amount), "code": refund.failure_code}
        audit.record(
            actor=actor,
            action=f"card_refund.{refund.state}",
            now=now,
            customer_id=card_payment.customer_id,
            subject=refund.id,
            details=facts,
        )
