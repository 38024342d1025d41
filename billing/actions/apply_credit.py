"""Settle what is open with what the customer has with us."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.actions._allocation import allocate
from billing.actions._receipts import counts_on, hold_money_of
from billing.models import Invoice, Payment
from billing.queries.payments import free_amount, owed_by
from billing.queries.receivables import credit_of
from billing.rules.matching import Part, spread
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from kernel.money import ZERO


class NoCreditToUse(Refusal):
    """The customer has no credit, or owes nothing."""

    code = "no_credit_to_use"
    status = 409
    title = _("There is no credit, or nothing is open.")


@transaction.atomic
def apply_credit(*, actor: Actor, customer_id: str, now: datetime) -> Decimal:
    """Use the credit for all that is open, the one due first first; returns how much was used, EUR.

    It counts from the day on which the money was there, and not before the issue of the invoice: no interest is owed
    for what lay with us (B10). For the customer's `billing.manage`, staff and the system. Raises `NotFound`,
    `NoCreditToUse`.
    """
    actor.require("billing.manage")
    if actor.customer_id not in {None, customer_id}:
        raise NotFound
    hold_money_of(customer_id)
    credit = credit_of(customer_id)
    used, numbers = ZERO, set()
    for source, free in _sources(customer_id):
        for part in spread(min(free, credit - used), owed_by(customer_id)):
            numbers.add(_use(actor, source, part, now))
            used += part.amount
    if not used:
        raise NoCreditToUse
    facts = {"amount": str(used), "numbers": sorted(numbers)}
    record(actor=actor, action="credit.used", now=now, customer_id=customer_id, subject=customer_id, details=facts)
    return used


def _use(actor: Actor, source: Payment | Invoice, part: Part, now: datetime) -> str:
    invoice = Invoice.objects.get(pk=part.invoice_id)
    there_on = (source.value_on if isinstance(source, Payment) else source.issued_on) or legal_date(now)
    allocate(
        actor=actor,
        invoice=invoice,
        source=source,
        amount=part.amount,
        value_on=counts_on(there_on, invoice),
        now=now,
    )
    return str(invoice.number)


def _sources(customer_id: str) -> list[tuple[Payment | Invoice, Decimal]]:
    """Receipts and credit notes with what is free of them: credit notes first, then the oldest money."""
    notes = Invoice.objects.finalised().filter(customer_id=customer_id, kind=Invoice.Kind.CREDIT_NOTE)
    receipts = Payment.objects.filter(customer_id=customer_id, kind=Payment.Kind.RECEIPT)
    found: list[tuple[Payment | Invoice, Decimal]] = []
    for note in notes.order_by("issued_on", "serial"):
        found.append((note, Decimal(note.gross) - (note.uses.aggregate(total=Sum("amount"))["total"] or ZERO)))
    for receipt in receipts.order_by("value_on", "id"):
        found.append((receipt, free_amount(receipt)))
    return [(source, free) for source, free in found if free > 0]
