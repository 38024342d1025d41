"""Staff settle an invoice with what is left of a payment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._receipts import hold_money_of, require_staff, settle
from billing.models import Invoice, Payment
from billing.queries.payments import free_amount, owed_by
from billing.rules.matching import spread
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import NotFound, Refusal


class NothingToSettle(Refusal):
    """The payment is used up, or nothing of the invoice is open."""

    code = "nothing_to_settle"
    status = 409
    title = _("Nothing is left of the payment, or nothing is open of the invoice.")


@transaction.atomic
def allocate_payment(*, actor: Actor, payment_id: str, number: str, now: datetime) -> Decimal:
    """Settle as much as possible of the invoice with that number; returns how much, EUR.

    Raises `NotFound` for a payment nobody knows the customer of and for another customer's invoice, `NothingToSettle`.
    """
    require_staff(actor)
    payment = Payment.objects.filter(pk=payment_id, customer__isnull=False).first()
    invoice = Invoice.objects.finalised().filter(number=number.strip()).first()
    if payment is None or invoice is None or invoice.customer_id != payment.customer_id:
        raise NotFound
    customer_id = str(payment.customer_id)
    hold_money_of(customer_id)
    parts = spread(free_amount(payment), [owed for owed in owed_by(customer_id) if owed.invoice_id == invoice.pk])
    if not parts:
        raise NothingToSettle
    settle(actor, payment, parts, now)
    facts = {"number": invoice.number, "amount": str(parts[0].amount)}
    record(actor=actor, action="payment.allocated", now=now, customer_id=customer_id, subject=payment.pk, details=facts)
    return parts[0].amount
