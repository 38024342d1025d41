"""What becomes of a receipt once it is known whose it is: the one way, whoever found out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from billing.actions._allocation import allocate
from billing.actions._ledger import post
from billing.models import Account, Allocation, Invoice, Payment, PaymentFlag
from billing.queries.payments import free_amount
from billing.rules.matching import Part
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.outbox import emit


class PaymentAssignedAlready(Refusal):
    """Somebody else, or the rule, was quicker."""

    code = "payment_assigned_already"
    status = 409
    title = _("It is known already whose this payment is.")


def require_staff(actor: Actor) -> None:
    """Money that came in is the operator's to assign: `Forbidden` for members and tokens, whatever they may."""
    if actor.kind not in {"staff", "system"}:
        raise Forbidden


def hold_money_of(customer_id: str) -> None:
    """Until the transaction ends nobody else settles, returns or pays back anything of this customer.

    The same lock that the trigger on allocations takes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('billing.allocation:' || %s, 0))", [customer_id])


def unassigned(payment_id: str) -> Payment:
    """The payment, locked, of which nobody knows yet whose it is. Raises `NotFound`, `PaymentAssignedAlready`."""
    payment = Payment.objects.select_for_update().filter(pk=payment_id).first()
    if payment is None:
        raise NotFound
    if payment.customer_id:
        raise PaymentAssignedAlready
    return payment


def give_to(payment: Payment, customer_id: str, now: datetime, *, takes_back: Payment | None = None) -> None:
    """Say whose a payment is, for good, and move it in the books from the unknown to the customer's credit."""
    payment.customer_id, payment.reverses = customer_id, takes_back
    payment.save(update_fields=["customer_id", "reverses"])
    amount = Decimal(payment.amount)
    amounts = [(Account.UNASSIGNED, None, amount), (Account.CREDIT, customer_id, -amount)]
    post(kind="assigned", document=("payment", payment.pk), amounts=amounts, on=payment.value_on, now=now)


def settle(actor: Actor, payment: Payment, parts: Sequence[Part], now: datetime) -> list[Allocation]:
    """Settle invoices with parts of a receipt as of its value date, or of the issue of an invoice that came later."""
    invoices = Invoice.objects.in_bulk([part.invoice_id for part in parts])
    return [
        allocate(
            actor=actor,
            invoice=invoices[part.invoice_id],
            source=payment,
            amount=part.amount,
            value_on=counts_on(payment.value_on, invoices[part.invoice_id]),
            now=now,
        )
        for part in parts
    ]


def counts_on(value_on: date, invoice: Invoice) -> date:
    """The day on which money settles an invoice: its value date, and not before the invoice was issued."""
    return max(value_on, invoice.issued_on or value_on)


def receive(actor: Actor, payment: Payment, customer_id: str, parts: Sequence[Part], now: datetime) -> None:
    """All that follows for a receipt: it is the customer's, settles `parts`, and everybody is told."""
    give_to(payment, customer_id, now)
    settle(actor, payment, parts, now)
    numbers = dict(Invoice.objects.filter(pk__in=[part.invoice_id for part in parts]).values_list("pk", "number"))
    settled = [{"number": numbers[part.invoice_id], "amount": str(part.amount)} for part in parts]
    credit = free_amount(payment)
    facts = {"amount": str(payment.amount), "numbers": [each["number"] for each in settled], "credit": str(credit)}
    record(actor=actor, action="payment.assigned", now=now, customer_id=customer_id, subject=payment.pk, details=facts)
    emit("payment.received", now=now, customer_id=customer_id, subject=payment.pk, payload=facts)
    give_notice(
        kind="payment.received",
        customer_id=customer_id,
        now=now,
        permission="billing.read",
        facts={
            "amount": str(payment.amount),
            "value_on": payment.value_on.isoformat(),
            "settled": settled,
            "credit": str(credit) if credit else "",
        },
        subject=payment.pk,
    )


def flag(payment: Payment, kind: PaymentFlag.Kind, now: datetime) -> None:
    """Ask staff to look at a payment; once for each kind of doubt."""
    PaymentFlag.objects.get_or_create(payment=payment, kind=kind, defaults={"raised_at": now})
