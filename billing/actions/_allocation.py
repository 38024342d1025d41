"""Settles invoices with payments and credit notes, and books it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from billing.actions._ledger import post
from billing.models import Account, Allocation, Invoice, Payment
from kernel.actor import Actor
from kernel.outbox import emit


def allocate(
    *, actor: Actor, invoice: Invoice, source: Payment | Invoice, amount: Decimal, value_on: date, now: datetime
) -> Allocation:
    """Settle `amount` of `invoice` with a payment or a credit note of the same customer, as of `value_on`.

    In the caller's transaction. A trigger refuses (IntegrityError) what exceeds either side; two at once take turns.
    Emits `invoice.paid` when nothing is left to pay.
    """
    given = {"payment": source} if isinstance(source, Payment) else {"credit_note": source}
    row = Allocation.objects.create(
        customer_id=invoice.customer_id,
        invoice=invoice,
        amount=amount,
        value_on=value_on,
        made_at=now,
        made_by=actor.name,
        **given,
    )
    _book(row, now)
    if open_amount(invoice) == 0:
        emit(
            "invoice.paid",
            now=now,
            customer_id=invoice.customer_id,
            subject=invoice.id,
            payload={"number": invoice.number, "paid_on": value_on.isoformat()},
        )
    return row


def undo_allocation(*, actor: Actor, allocation: Allocation, now: datetime) -> Allocation:
    """Take an allocation back, once, as of its own value date: the payment was returned or assigned wrongly."""
    row = Allocation.objects.create(
        customer_id=allocation.customer_id,
        invoice_id=allocation.invoice_id,
        payment_id=allocation.payment_id,
        credit_note_id=allocation.credit_note_id,
        amount=-allocation.amount,
        value_on=allocation.value_on,
        made_at=now,
        made_by=actor.name,
        reverses=allocation,
    )
    _book(row, now)
    return row


def open_amount(invoice: Invoice) -> Decimal:
    """What is still to be paid of a finalised invoice, EUR with VAT; zero for a credit note."""
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        return Decimal("0.00")
    settled = sum(invoice.allocations.values_list("amount", flat=True), Decimal("0.00"))
    return Decimal(invoice.gross) - settled


def _book(row: Allocation, now: datetime) -> None:
    post(
        kind="allocation",
        document=("allocation", str(row.pk)),
        amounts=[
            (Account.CREDIT, row.customer_id, row.amount),
            (Account.RECEIVABLE, row.customer_id, -row.amount),
        ],
        on=row.value_on,
        now=now,
    )
