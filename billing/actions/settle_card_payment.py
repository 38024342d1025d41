"""Fetch how a card payment stands, and book it once when it is paid."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from billing.actions._cards import book_receipt, offered_gateway
from billing.gateways.psp import Charge, FetchedPayment, PaymentGateway, PaymentState, PspDown, PspRefused
from billing.models import CardPayment, SavedCard
from billing.rules.card_payments import PAGE_LASTS, after_refusal, key_usable
from billing.rules.periods import legal_date
from kernel import audit, jobs
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound
from kernel.money import CURRENCY, ZERO

_State = CardPayment.State


def settle_card_payment(*, actor: Actor, card_payment_id: str, now: datetime) -> CardPayment:
    """Ask the card company about the payment and bring the row up to date; one that is paid stays as it is.

    What came is booked and settles the invoice, whatever was asked for; what the invoice has no room for is the
    customer's credit. Raises `NotFound`, `CardsNotOffered`, and `PspDown` when there is no clear answer: the payment
    is unsure and asked about again.
    """
    payment = CardPayment.objects.filter(pk=card_payment_id).first()
    if payment is None or actor.customer_id not in {None, payment.customer_id}:
        raise NotFound
    if payment.state == _State.SUCCEEDED:
        return payment
    try:
        fetched = _fetched(offered_gateway(), payment, now)
    except PspDown:
        CardPayment.objects.unfinished().filter(pk=payment.pk).update(state=_State.UNSURE)
        raise
    if fetched is None:
        return payment
    with transaction.atomic():
        payment = CardPayment.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=payment.pk)
        if payment.state != _State.SUCCEEDED:
            _note(actor, payment, fetched, now)
    return payment


def _fetched(gateway: PaymentGateway, payment: CardPayment, now: datetime) -> FetchedPayment | None:
    """What the card company has; for a saved card the charge is made if it was not yet. None: nothing to ask."""
    fetched: FetchedPayment | None
    if payment.provider_id:
        fetched = _known(gateway, payment.provider_id)
    elif payment.saved_card:
        fetched = _charged(gateway, payment, payment.saved_card, now)
    elif now >= payment.created_at + PAGE_LASTS:  # nobody was ever shown a page to pay on
        return _without_answer(payment, PaymentState.CANCELLED)
    else:
        return None
    if fetched.order_id != payment.id:
        raise PspDown("it tells of another payment")
    if fetched.state is PaymentState.SUCCEEDED and (fetched.currency != CURRENCY or fetched.received <= 0):
        raise PspDown("it tells of no euros")
    return fetched


def _known(gateway: PaymentGateway, provider_id: str) -> FetchedPayment:
    """What we know was made there: that it is not known there now must be a fault, of keys perhaps, and no answer."""
    try:
        return gateway.fetch_payment(provider_id)
    except PspRefused as refused:
        raise PspDown(refused.code) from refused


def _charged(gateway: PaymentGateway, payment: CardPayment, card: SavedCard, now: datetime) -> FetchedPayment:
    """Charge, or hear of the charge made before; once the key may be forgotten, only look for it."""
    if not key_usable(payment.created_at, now):
        found = gateway.find_payment(payment.id, customer_ref=card.customer_ref, since=payment.created_at)
        return found or _without_answer(payment, PaymentState.FAILED)
    return gateway.charge_saved(
        Charge(
            id=payment.id,
            amount=payment.amount,
            number=str(payment.invoice.number),
            customer_ref=card.customer_ref,
            method_ref=card.method_ref,
        )
    )


def _without_answer(payment: CardPayment, state: PaymentState) -> FetchedPayment:
    return FetchedPayment(
        provider_id=payment.provider_id,
        order_id=payment.id,
        state=state,
        received=ZERO,
        currency=payment.currency,
        failure_code="not_asked_in_time",
    )


def _note(actor: Actor, payment: CardPayment, fetched: FetchedPayment, now: datetime) -> None:
    """Write down what was fetched, with the payment locked."""
    was_open = payment.is_open
    payment.fetched_at = now
    payment.provider_id = payment.provider_id or fetched.provider_id
    payment.intent_id = fetched.intent_id or payment.intent_id
    payment.failure_code = fetched.failure_code[:80]
    if fetched.state is PaymentState.SUCCEEDED:
        payment.payment = book_receipt(
            actor=actor, card_payment=payment, amount=fetched.received, paid_at=fetched.paid_at, now=now
        )
        payment.received = fetched.received
    payment.state = _State(fetched.state)
    if payment.is_open and not was_open:  # what has ended stays so until money comes
        return
    payment.save()
    if fetched.state is PaymentState.SUCCEEDED:
        _record(actor, payment, now)
        if payment.saved_card:
            _tell(payment, payment.saved_card, "card.charged", now, {})
    elif was_open and not payment.is_open:
        _record(actor, payment, now)
        if payment.saved_card:
            _after_refusal(payment, payment.saved_card, now)


def _after_refusal(payment: CardPayment, card: SavedCard, now: datetime) -> None:
    """Try again in some days, or leave it to the customer; the invoice stays due either way."""
    attempt = payment.attempt or 1
    then = after_refusal(payment.failure_code, attempt=attempt, refused_at=now)
    if then.try_at:
        jobs.enqueue(
            "billing.charge_saved_card",
            now=now,
            key=f"billing.charge_saved_card:{payment.invoice_id}:{attempt + 1}",
            customer_id=payment.customer_id,
            payload={"subject": payment.invoice_id, "attempt": attempt + 1},
            run_at=then.try_at,
        )
    due = payment.invoice.due_on
    facts = {
        "code": payment.failure_code,
        "confirm": then.confirm,
        "due_on": due.isoformat() if due else None,
        "try_on": legal_date(then.try_at, legal_zone()).isoformat() if then.try_at else None,
    }
    _tell(payment, card, "card.refused", now, facts)


def _tell(payment: CardPayment, card: SavedCard, kind: str, now: datetime, facts: dict[str, object]) -> None:
    give_notice(
        kind=kind,
        customer_id=payment.customer_id,
        now=now,
        permission="billing.manage",
        subject=payment.id,
        facts={
            "invoice": payment.invoice.number,
            "amount": str(payment.received or payment.amount),
            "brand": card.brand,
            "last4": card.last4,
            **facts,
        },
    )


def _record(actor: Actor, payment: CardPayment, now: datetime) -> None:
    facts = {
        "number": payment.invoice.number,
        "amount": str(payment.received or payment.amount),
        "code": payment.failure_code,
    }
    audit.record(
        actor=actor,
        action=f"card_payment.{payment.state}",
        now=now,
        customer_id=payment.customer_id,
        subject=payment.id,
        details=facts,
    )
