"""What is kept of invoices, for who says how long."""

from __future__ import annotations

from datetime import date

from billing.models import Invoice


def invoice_on(customer_id: str | None, number: str) -> date | None:
    """The legal day of a finalised document of the customer, of any for None; None where there is no such."""
    rows = Invoice.objects.filter(number=number, issued_on__isnull=False)
    rows = rows if customer_id is None else rows.filter(customer_id=customer_id)
    return rows.values_list("issued_on", flat=True).first()
