"""The books balance, and what is finalised stays as it is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from billing.actions._allocation import allocate, undo_allocation
from billing.actions._ledger import post
from billing.models import Account, DocumentSeries, Invoice, Posting
from billing.queries.receivables import credit_of, receivable, receivables
from kernel.actor import Actor
from tests.cast import Cast
from tests.factories.billing import finalised_invoice, received_payment

SYSTEM = Actor.system("tests")


def settle(invoice: Invoice, source: object, amount: str, now: datetime) -> object:
    return allocate(actor=SYSTEM, invoice=invoice, source=source, amount=Decimal(amount), value_on=now.date(), now=now)  # type: ignore[arg-type]  # a payment or a credit note


def test_an_invoice_is_paid_in_parts_and_what_is_over_is_the_customers_credit(cast: Cast, now: datetime) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    settle(invoice, received_payment(cast.acme.id, "100.00", now=now), "100.00", now)
    assert [entry.open for entry in receivables(customer_id=cast.acme.id, only_open=True)] == [Decimal("21.00")]

    second = received_payment(cast.acme.id, "50.00", now=now)
    settled = settle(invoice, second, "21.00", now)
    assert credit_of(cast.acme.id) == Decimal("29.00")
    found = receivable(invoice.id)
    assert found is not None
    assert (found.open, found.settled_on) == (Decimal("0.00"), now.date())

    undo_allocation(actor=SYSTEM, allocation=settled, now=now)  # type: ignore[arg-type]  # an allocation
    assert credit_of(cast.acme.id) == Decimal("50.00")
    balance = sum(Posting.objects.filter(account=Account.RECEIVABLE).values_list("amount", flat=True))
    assert balance == Decimal("21.00")


@pytest.mark.parametrize("amount", ["121.01", "100.01"])
def test_nothing_is_settled_beyond_the_invoice_or_the_payment(cast: Cast, now: datetime, amount: str) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    payment = received_payment(cast.acme.id, "100.00", now=now)
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        settle(invoice, payment, amount, now)


def test_another_customers_payment_settles_nothing(cast: Cast, now: datetime) -> None:
    invoice = finalised_invoice(cast.acme.id, now=now)
    payment = received_payment(cast.globex.id, "121.00", now=now)
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        settle(invoice, payment, "121.00", now)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE billing_invoice SET gross = 1, net = 1, vat = 0",
        "UPDATE billing_invoice SET due_on = '2030-01-01'",
        "DELETE FROM billing_invoice",
        "UPDATE billing_invoiceline SET net = 1",
        "DELETE FROM billing_invoiceline",
        "UPDATE billing_documentseries SET last_number = last_number - 1",
        "UPDATE billing_documentseries SET last_number = last_number + 2",
        "DELETE FROM billing_documentseries",
        "UPDATE billing_posting SET amount = 1",
        "DELETE FROM billing_journalentry",
    ],
)
def test_a_finalised_document_its_number_and_its_booking_never_change(cast: Cast, now: datetime, change: str) -> None:
    finalised_invoice(cast.acme.id, now=now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_an_entry_that_does_not_sum_to_zero_is_refused(cast: Cast, now: datetime) -> None:
    def book() -> None:
        amounts = [(Account.BANK, None, Decimal("1.00")), (Account.CREDIT, cast.acme.id, Decimal("-0.99"))]
        with transaction.atomic():
            post(kind="received", document=("payment", "x"), amounts=amounts, on=now.date(), now=now)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="sum to zero"):
        book()


def test_a_series_counts_by_one(cast: Cast, now: datetime) -> None:
    for _ in range(3):
        finalised_invoice(cast.acme.id, now=now)
    assert DocumentSeries.objects.get().last_number == 3
