"""Staff give money of a card payment back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.actions._receipts import hold_money_of, require_staff
from billing.models import Allocation, CardPayment, CardRefund, Payment
from billing.queries.cards import refunds_under_way
from billing.queries.receivables import credit_of
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.money import ZERO, euros
from kernel.outbox import emit


class CardPaymentNotPaid(Refusal):
    """Nothing came, so nothing can go back."""

    code = "card_payment_not_paid"
    status = 409
    title = _("This payment has not been paid, so that nothing can be given back.")


class RefundTooLarge(Refusal):
    """More than is left of what came, or some of it went back by bank transfer."""

    code = "refund_too_large"
    title = _("Not so much is left of this payment.")


def refund_card_payment(*, actor: Actor, card_payment_id: str, amount: Decimal, now: datetime) -> CardRefund:
    """Write down that `amount` EUR go back to the card; a job asks the card company for it.

    The invoice is open again by what no credit of this payment covers. Staff only. Raises `Forbidden`, `NotFound`,
    `CardPaymentNotPaid` and `RefundTooLarge`.
    """
    require_staff(actor)
    with transaction.atomic():
        payment = CardPayment.objects.select_for_update(of=("self",)).filter(pk=card_payment_id).first()
        if payment is None:
            raise NotFound
        hold_money_of(payment.customer_id)
        if payment.payment is None:
            raise CardPaymentNotPaid
        if amount != euros(amount) or not 0 < amount <= _left(payment):
            detail = _("At most %(left)s EUR are left of this payment.") % {"left": _left(payment)}
            raise RefundTooLarge(detail)
        refund = CardRefund.objects.create(
            card_payment=payment, amount=amount, reason=actor.reason, asked_at=now, asked_by=actor.name
        )
        facts = {"number": payment.invoice.number, "amount": str(amount)}
        audit.record(
            actor=actor,
            action="card_refund.asked",
            now=now,
            customer_id=payment.customer_id,
            subject=refund.id,
            details=facts,
        )
        emit("card_refund.asked", now=now, customer_id=payment.customer_id, subject=refund.id, payload=facts)
    return refund


def _left(payment: CardPayment) -> Decimal:
    """What came less disputes, less refunds that were made or are under way, and less what of it was credit and is the
    customer's no more, because it was paid back by transfer or settled something else."""
    refunds = payment.refunds.exclude(state=CardRefund.State.FAILED).aggregate(total=Sum("amount"))["total"] or ZERO
    disputes = payment.payment.reversals.filter(kind="return") if payment.payment else None
    gone = sum((-row.amount - sum((-back.amount for back in row.reversals.all()), ZERO)) for row in disputes or ())
    came = (payment.received or ZERO) - refunds - gone
    free = credit_of(payment.customer_id) - refunds_under_way(payment.customer_id)
    return Decimal(min(came, _settled_by(payment) + free))


def _settled_by(payment: CardPayment) -> Decimal:
    """What the money settles, also where it had come back once."""
    family = [payment.payment, *Payment.objects.filter(reverses__reverses=payment.payment)]
    return Allocation.objects.filter(payment__in=family).aggregate(total=Sum("amount"))["total"] or ZERO
