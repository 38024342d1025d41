"""The invariants of invoices find what is planted past every trigger."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from billing.actions.close_period import close_period
from billing.actions.credit_invoice import credit_invoice
from billing.actions.invoice_customer import invoice_customer
from billing.actions.open_period import open_period
from billing.actions.start_subscription import start_subscription
from billing.models import BillingPeriod, Charge, Invoice
from kernel.actor import Actor
from portal.invariants import broken_invariants
from tests.cast import Cast
from tests.invariants import broken_by_this_transaction

SYSTEM = Actor.system("tests")
OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 0, 10, tzinfo=UTC)
PLANTS = {
    "UPDATE billing_invoice SET serial = 9 WHERE serial = 2": (
        "numbers of documents have no gaps, and dates do not go back with them"
    ),
    "UPDATE billing_invoice SET issued_on = '2026-01-01' WHERE serial = 2": (
        "numbers of documents have no gaps, and dates do not go back with them"
    ),
    "UPDATE billing_documentseries SET last_number = 7": (
        "the last number of each series is that of its last document"
    ),
    "UPDATE billing_invoice SET net = net + 1, gross = gross + 1": (
        "the sums of every document are those of its lines, with VAT once"
    ),
    "UPDATE billing_invoice SET vat = vat + 0.01, gross = gross + 0.01 WHERE kind = 'invoice'": (
        "the sums of every document are those of its lines, with VAT once"
    ),
    "UPDATE billing_invoiceline SET quantity = 2": "every line is its quantity times its price, rounded once",
    "DELETE FROM billing_journalentry WHERE kind = 'issued'": (
        "every finalised document is booked once, over what it demands or credits, and nothing else is"
    ),
    "UPDATE billing_posting SET amount = amount + 1 WHERE account = 'receivable'": (
        "what each customer owes in the books is what its documents demand and nothing settled"
    ),
    "UPDATE billing_invoiceline SET net = 1, unit_price = 1 WHERE kind <> 'credit'": (
        "no line is credited beyond what it demands"
    ),
    "DELETE FROM billing_billingrun": "no closed month is left out where a later one is invoiced",
    (
        "ALTER TABLE billing_invoiceline DROP CONSTRAINT line_has_its_source;"
        " UPDATE billing_invoiceline SET kind = 'term_fee' WHERE kind = 'charge';"
        " UPDATE billing_invoiceline SET facts = '{\"deferred\": \"999\"}' WHERE kind = 'credit'"
    ): "fees paid in advance are earned or credited at most once",
}


@pytest.fixture
def _invoiced(cast: Cast) -> None:
    """Two months, of which the first has a charge that is credited."""
    customer_id = cast.acme.id
    type(cast.acme).objects.filter(pk=customer_id).update(register_number="1", street="Gatvė 1", city="Vilnius")
    start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="1", interval="month", now=OCTOBER)
    Charge.objects.create(
        customer_id=customer_id,
        item="add_on",
        amount=Decimal(10),
        currency="EUR",
        source_type="tests",
        source_id="1",
        occurred_at=OCTOBER,
    )
    subscription_id = BillingPeriod.objects.get().subscription_id
    open_period(actor=SYSTEM, subscription_id=subscription_id, now=DECEMBER)
    for period in BillingPeriod.objects.filter(ends_at__lte=DECEMBER).order_by("starts_at"):
        close_period(actor=SYSTEM, period_id=period.pk, now=DECEMBER)
    invoice_customer(actor=SYSTEM, customer_id=customer_id, now=DECEMBER)
    first = Invoice.objects.get(serial=1)
    credit_invoice(actor=SYSTEM, invoice_id=first.id, key="x", reason="Wrong", amounts={2: Decimal(10)}, now=DECEMBER)


@pytest.mark.usefixtures("_invoiced")
def test_each_invariant_finds_what_breaks_it() -> None:
    assert broken_invariants() == {}
    for statement, broken in PLANTS.items():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET LOCAL session_replication_role = replica")  # past the triggers that refuse it
                cursor.execute(statement)
            assert broken in broken_invariants(), statement
            assert broken in broken_by_this_transaction(), statement
            transaction.set_rollback(True)
    assert broken_invariants() == {}
