"""Invoices and payments as they are once made, for tests of what comes after."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from billing.actions._ledger import post
from billing.models import Account, Charge, DocumentSeries, Invoice, InvoiceLine, Item, Payment
from billing.rules.periods import legal_date
from kernel.clock import legal_zone
from kernel.ids import new_id
from tests.doubles.bank import rf_reference


def finalised_invoice(
    customer_id: str, *, net: str = "100.00", vat_rate: str = "21.00", now: datetime, received: bool = True
) -> Invoice:
    """An invoice over one charge, issued at `now`; received the same moment, and so due 30 days later."""
    amount, on = Decimal(net), legal_date(now, legal_zone())
    charge = Charge.objects.create(
        customer_id=customer_id,
        item=Item.ADD_ON,
        description="Training",
        amount=amount,
        currency="EUR",
        source_type="tests",
        source_id=new_id("tst"),
        occurred_at=now,
    )
    invoice = Invoice.objects.create(
        customer_id=customer_id, kind="invoice", run_key=new_id("run"), drafted_at=now, currency="EUR"
    )
    InvoiceLine.objects.create(
        invoice=invoice,
        position=1,
        kind="charge",
        charge=charge,
        quantity=1,
        unit_price=amount,
        net=amount,
        facts={"item": "add_on", "description": "Training"},
    )
    series, _ = DocumentSeries.objects.get_or_create(code="INV", year=on.year)
    series.last_number += 1
    series.save()
    vat = (amount * Decimal(vat_rate) / 100).quantize(Decimal("0.01"))
    invoice.state, invoice.series, invoice.year, invoice.serial = "finalised", "INV", on.year, series.last_number
    invoice.number = f"INV-{on.year}-{series.last_number:06}"
    invoice.reference = rf_reference(invoice.number)
    invoice.issued_on, invoice.finalised_at = on, now
    invoice.supplied_from = invoice.supplied_until = on
    invoice.vat_category, invoice.vat_rate = "S", Decimal(vat_rate)
    invoice.net, invoice.vat, invoice.gross = amount, vat, amount + vat
    invoice.save()
    amounts = [
        (Account.RECEIVABLE, customer_id, amount + vat),
        (Account.SERVICES, None, -amount),
        (Account.VAT, None, -vat),
    ]
    post(kind="issued", document=("invoice", invoice.id), amounts=amounts, on=on, now=now)
    if received:
        invoice.received_at, invoice.due_on = now, on + timedelta(days=30)
        invoice.save()
    return invoice


def received_payment(
    customer_id: str | None, amount: str, *, now: datetime, reference: str = "", payer_account: str = ""
) -> Payment:
    """A bank transfer with its value date at `now`, booked; what it is for is not yet said."""
    on, value = legal_date(now, legal_zone()), Decimal(amount)
    payment = Payment.objects.create(
        customer_id=customer_id,
        kind="receipt",
        method="bank",
        amount=value,
        currency="EUR",
        value_on=on,
        recorded_at=now,
        payer_name="Payer",
        payer_account=payer_account,
        reference=reference,
        dedupe_key=new_id("key"),
    )
    account = Account.CREDIT if customer_id else Account.UNASSIGNED
    amounts = [(Account.BANK, None, value), (account, customer_id, -value)]
    post(kind="received", document=("payment", payment.id), amounts=amounts, on=on, now=now)
    return payment
