"""A customer's account with us: the statement over its documents and payments, and the liability cap (B16)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing.models import Invoice, Payment
from billing.rules.liability import Liability, liability_cap
from billing.rules.statements import Movement, Statement, statement
from kernel.actor import Actor


def statement_of(actor: Actor, *, first_on: date, last_on: date) -> Statement:
    """The account of the actor's customer, both days included. Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    return statement(_movements(str(actor.customer)), first_on, last_on)


def liability_seen_by(actor: Actor, *, on: date) -> Liability:
    """What we are liable for at most, to the actor's customer (B16). Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    return liability_of(str(actor.customer), on=on)


def liability_of(customer_id: str, *, on: date) -> Liability:
    """The same for staff."""
    paid = Payment.objects.filter(customer_id=customer_id).values_list("value_on", "amount")
    return liability_cap([(value_on, Decimal(amount)) for value_on, amount in paid], on)


def _movements(customer_id: str) -> list[Movement]:
    documents = Invoice.objects.finalised().filter(customer_id=customer_id)
    payments = Payment.objects.filter(customer_id=customer_id)
    return [
        *(
            Movement(
                on=invoice.issued_on,  # type: ignore[arg-type]  # a finalised one has it
                kind=invoice.kind,
                reference=str(invoice.number),
                amount=-invoice.gross if invoice.kind == Invoice.Kind.CREDIT_NOTE else Decimal(invoice.gross),
            )
            for invoice in documents
        ),
        *(
            Movement(
                on=payment.value_on,
                kind=payment.kind,
                reference=payment.reference or payment.id,
                amount=-payment.amount,
            )
            for payment in payments
        ),
    ]
