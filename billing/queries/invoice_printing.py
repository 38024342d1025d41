"""A finalised document as files, before the operator's seal: PDF/A-3 with its own data inside (Factur-X), UBL, CII."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.gateways.cii import FILE_NAME, factur_x_description, write_cii
from billing.gateways.qr_code import qr_svg
from billing.gateways.ubl import write_ubl
from billing.models import Invoice, InvoiceFile
from billing.queries.einvoices import einvoice_of, payment_words, vat_words
from billing.queries.invoices import InvoiceView, LineView, document
from billing.queries.line_words import LineWords, month_of, words_of
from billing.rules.due_dates import due_on
from billing.rules.epc import in_groups, payment_code
from kernel.clock import legal_zone
from kernel.printing import Enclosure, print_pdf
from kernel.tenancy.context import find_customer
from kernel.tenancy.urls import customer_url

Kind = Invoice.Kind


@dataclass(frozen=True, kw_only=True)
class PrintedInvoice:
    """The files of a document. `ubl` and `cii` are empty for a note of late interest, which is no VAT invoice.

    `seal_reason` stands in the seal, in the document's language.
    """

    invoice_id: str
    number: str
    pdf: bytes
    ubl: bytes
    cii: bytes
    seal_reason: str


@dataclass(frozen=True, kw_only=True)
class PrintedLine:
    """A line with its words, and the address of the page that shows the deliveries behind it, if there is one."""

    line: LineView
    words: LineWords
    usage_url: str


def printed_invoice(invoice_id: str, *, now: datetime) -> PrintedInvoice | None:
    """The files as they are if it is delivered today; None when they were filed already. Raises `NotFound`."""
    invoice = document(invoice_id)
    if InvoiceFile.objects.filter(invoice_id=invoice.id, format=InvoiceFile.Format.PDF).exists():
        return None
    due = due_on(now, legal_zone())
    with translation.override(invoice.language):
        told = einvoice_of(invoice, due=due)
        cii = write_cii(told) if told else b""
        enclosed = Enclosure(
            name=FILE_NAME,
            content=cii,
            description=_("Data of invoice %(number)s") % {"number": invoice.number},
            relationship="Alternative",
            made_at=now,
        )
        return PrintedInvoice(
            invoice_id=invoice.id,
            number=invoice.number,
            pdf=print_pdf(
                "print/invoice.html",
                _context(invoice, now=now),
                enclosures=[enclosed] if told else (),
                xmp=factur_x_description() if told else b"",
            ),
            ubl=write_ubl(told) if told else b"",
            cii=cii,
            seal_reason=_("Invoice %(number)s") % {"number": invoice.number},
        )


def _context(invoice: InvoiceView, *, now: datetime) -> dict[str, Any]:
    due = due_on(now, legal_zone())
    return {
        "invoice": invoice,
        "lines": [_line(invoice, line) for line in invoice.lines],
        "is_credit": invoice.kind == Kind.CREDIT_NOTE,
        "is_interest": invoice.kind == Kind.INTEREST_NOTE,
        "due": None if invoice.kind == Kind.CREDIT_NOTE or not invoice.gross else due,
        "payment_words": payment_words(invoice, due=due),
        "vat_words": vat_words(invoice),
        "iban": in_groups(invoice.seller.get("iban", "")),
        "reference": in_groups(invoice.reference),
        "qr": _qr(invoice),
        "zone": legal_zone().key,
        "has_months": any(month_of(line) for line in invoice.lines),
        "portal_url": f"{settings.BASE_URL}{_path(invoice, 'invoice', number=invoice.number)}",
    }


def _line(invoice: InvoiceView, line: LineView) -> PrintedLine:
    month = month_of(line)
    url = f"{settings.BASE_URL}{_path(invoice, 'usage')}?period={month:%Y-%m}" if month else ""
    return PrintedLine(line=line, words=words_of(line), usage_url=url)


def _path(invoice: InvoiceView, name: str, **arguments: str) -> str:
    customer: Any = find_customer("id", invoice.customer_id)
    return customer_url(customer.slug, name, **arguments)


def _qr(invoice: InvoiceView) -> SafeString:
    seller = invoice.seller
    code = payment_code(
        name=seller.get("name", ""),
        iban=seller.get("iban", ""),
        bic=seller.get("bic", ""),
        amount=invoice.gross,
        reference=invoice.reference,
    )
    payable = code and invoice.kind != Kind.CREDIT_NOTE
    return SafeString(qr_svg(code, title=_("Payment code for banking apps")) if payable and code else "")
