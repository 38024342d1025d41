"""What was issued in a month, for the tax authority's register."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings

from billing.gateways.isaf import RegisteredInvoice, write_isaf
from billing.models import Invoice
from billing.rules.periods import months_after

Kind = Invoice.Kind
# The authority's classifier: 21 % in Lithuania; supplies whose place is not Lithuania, and which carry no VAT there.
_STANDARD, _ELSEWHERE = "PVM1", "PVM15"
_STANDARD_RATE = Decimal("21.00")


def isaf_of(month: date, *, now: datetime) -> bytes:
    """The register of the documents issued in the month that begins on `month`; notes of late interest are none."""
    end = months_after(month, 1)
    found = (
        Invoice.objects.finalised()
        .filter(issued_on__gte=month, issued_on__lt=end)
        .exclude(kind=Kind.INTEREST_NOTE)
        .exclude(credits__kind=Kind.INTEREST_NOTE)
        .select_related("credits")
        .order_by("issued_on", "series", "serial")
    )
    return write_isaf(
        [_registered(invoice) for invoice in found],
        register_number=settings.OPERATOR_REGISTER_NUMBER,
        first_on=month,
        last_on=end - timedelta(days=1),
        made_at=now,
    )


def _registered(invoice: Invoice) -> RegisteredInvoice:
    sign = -1 if invoice.kind == Kind.CREDIT_NOTE else 1
    buyer, credited = invoice.buyer, invoice.credits
    return RegisteredInvoice(
        number=str(invoice.number),
        issued_on=invoice.issued_on,  # type: ignore[arg-type]  # a finalised one has it
        supplied_on=invoice.supplied_until,
        credits=(str(credited.number), credited.issued_on) if credited and credited.issued_on else None,
        buyer_name=buyer.get("name", ""),
        buyer_vat_number=buyer.get("vat_number", ""),
        buyer_register_number=buyer.get("register_number", ""),
        buyer_country=buyer.get("country", ""),
        net=sign * invoice.net,
        vat=sign * invoice.vat,
        vat_rate=invoice.vat_rate or Decimal(0),
        tax_code=_tax_code(invoice),
    )


def _tax_code(invoice: Invoice) -> str:
    if invoice.vat_category == "S":
        return _STANDARD if invoice.vat_rate == _STANDARD_RATE else ""
    return _ELSEWHERE
