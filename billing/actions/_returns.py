"""What becomes of a receipt that the bank takes back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from accounts.actions.give_notice import give_notice
from billing.actions._allocation import undo_allocation
from billing.actions._receipts import flag, give_to
from billing.models import Payment, PaymentFlag
from billing.queries.payments import free_amount, last_allocations, receipt_taken_back_by
from billing.queries.receivables import credit_of
from kernel.actor import Actor
from kernel.audit import record
from kernel.outbox import emit


def take_back(actor: Actor, returned: Payment, receipt: Payment, now: datetime) -> None:
    """Undo what the receipt settled, the last first, until what is returned is free; then it is gone.

    The invoices are open again with their old due dates. The caller holds the customer's money.
    """
    customer_id = str(receipt.customer_id)
    numbers: list[str] = []
    for allocation in last_allocations(receipt):
        if free_amount(receipt) >= -Decimal(returned.amount):
            break
        undo_allocation(actor=actor, allocation=allocation, now=now)
        reopened = {"number": allocation.invoice.number, "amount": str(allocation.amount)}
        subject = allocation.invoice_id
        emit("invoice.reopened", now=now, customer_id=customer_id, subject=subject, payload=reopened)
        numbers.append(str(allocation.invoice.number))
    give_to(returned, customer_id, now, takes_back=receipt)
    if credit_of(customer_id) < 0:
        flag(returned, PaymentFlag.Kind.RETURNED, now)
    facts = {"amount": str(-returned.amount), "numbers": numbers, "payment": receipt.pk}
    record(actor=actor, action="payment.returned", now=now, customer_id=customer_id, subject=returned.pk, details=facts)
    emit("payment.returned", now=now, customer_id=customer_id, subject=returned.pk, payload=facts)
    give_notice(
        kind="payment.returned",
        customer_id=customer_id,
        now=now,
        permission="billing.read",
        facts={
            "amount": str(-returned.amount),
            "value_on": returned.value_on.isoformat(),
            "received_on": receipt.value_on.isoformat(),
            "numbers": numbers,
        },
        subject=returned.pk,
    )


def take_back_if_returned(actor: Actor, receipt: Payment, now: datetime) -> None:
    """Place a return that was told before it was known whose the receipt is; jobs run in any order.

    One that somebody else is just looking at is left to them, or to staff. The caller holds the customer's money.
    """
    waiting = Payment.objects.filter(
        customer=None, kind=Payment.Kind.RETURN, amount=-receipt.amount, payer_account=receipt.payer_account
    )
    for returned in waiting.order_by("id").select_for_update(skip_locked=True):
        if receipt_taken_back_by(returned) == receipt:
            take_back(actor, returned, receipt, now)
            return
