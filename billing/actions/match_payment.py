"""Find out whose an imported payment is and what it settles; what is not sure waits for staff."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions._receipts import flag, hold_money_of, receive, unassigned
from billing.actions._returns import take_back, take_back_if_returned
from billing.models import Payment, PaymentFlag
from billing.queries.payments import match_of, receipt_taken_back_by
from billing.rules.matching import Outcome
from kernel.actor import Actor


@transaction.atomic
def match_payment(*, actor: Actor, payment_id: str, now: datetime) -> Outcome:
    """Settle what the payment names, or take back the receipt that it returns; `Outcome.QUEUE` leaves it as it is.

    Raises `NotFound`, `PaymentAssignedAlready`.
    """
    actor.require("billing.manage")
    payment = unassigned(payment_id)
    if payment.kind == Payment.Kind.RETURN:
        return _match_return(actor, payment, now)
    customer_id = match_of(payment).customer_id
    if customer_id is None:
        return Outcome.QUEUE
    hold_money_of(customer_id)
    found = match_of(payment)  # again: what was open may have been paid while we waited
    if found.customer_id != customer_id:
        return Outcome.QUEUE
    receive(actor, payment, customer_id, found.parts, now)
    if found.outcome == Outcome.SETTLED and _paid_before(payment):
        flag(payment, PaymentFlag.Kind.DUPLICATE, now)
    take_back_if_returned(actor, payment, now)
    return found.outcome


def _match_return(actor: Actor, payment: Payment, now: datetime) -> Outcome:
    receipt = receipt_taken_back_by(payment)
    if receipt is None:
        return Outcome.QUEUE
    hold_money_of(str(receipt.customer_id))
    if receipt_taken_back_by(payment) != receipt:
        return Outcome.QUEUE
    take_back(actor, payment, receipt, now)
    return Outcome.EXACT


def _paid_before(payment: Payment) -> bool:
    """Whether the same customer has paid the same amount before: most probably for the same thing."""
    others = Payment.objects.filter(customer_id=payment.customer_id, kind=Payment.Kind.RECEIPT, amount=payment.amount)
    return others.exclude(pk=payment.pk).exists()
