"""Staff give money of a card payment back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.actions._receipts import hold_money_of, require_staff
from billing.models import CardPayment, CardRefund, Payment
from billing.queries.cards import credit_promised, used_of
from billing.queries.receivables import credit_of
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.money import ZERO, euros
from kernel.outbox import emit

State = CardRefund.State


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
        left = _left(payment, payment.payment)
        if amount != euros(amount) or not 0 < amount <= left:
            detail = _("At most %(left)s EUR are left of this payment.") % {"left": left}
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


def _left(payment: CardPayment, receipt: Payment) -> Decimal:
    """What came less disputes, less refunds that were made or are under way, and less what of it was credit and is the
    customer's no more, because it was paid back by transfer or settled something else."""
    made, under_way = _refunds(payment, State.SUCCEEDED), _refunds(payment, State.ASKED, State.PENDING)
    disputes = receipt.reversals.filter(kind="return")
    gone = sum((-row.amount - sum((-back.amount for back in row.reversals.all()), ZERO)) for row in disputes)
    came = (payment.received or ZERO) - made - gone
    credit = credit_of(payment.customer_id) - credit_promised(payment.customer_id, besides=payment.pk)
    return Decimal(min(came, used_of(receipt.pk) + max(credit, ZERO))) - under_way


def _refunds(payment: CardPayment, *states: str) -> Decimal:
    return payment.refunds.filter(state__in=states).aggregate(total=Sum("amount"))["total"] or ZERO
