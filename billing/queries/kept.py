"""What is kept of invoices, for who says how long."""

from __future__ import annotations

from datetime import date

from billing.models import Invoice


def invoice_on(customer_id: str | None, number: str) -> tuple[date, str] | None:
    """The legal day and the customer of a finalised document of the customer, of any for None; None for no such."""
    rows = Invoice.objects.filter(number=number, issued_on__isnull=False)
    rows = rows if customer_id is None else rows.filter(customer_id=customer_id)
    found = rows.first()
    return (found.issued_on, found.customer_id) if found is not None and found.issued_on else None
