"""A finalised document in the terms of EN 16931, worded in the buyer's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Invoice
from billing.queries.invoices import InvoiceView, LineView
from billing.queries.line_words import day_words, words_of
from billing.rules.due_dates import PAYABLE_FOR_DAYS
from billing.rules.einvoice import CREDIT_NOTE, INVOICE, Einvoice, Line, Party, billed
from billing.rules.epc import plain

Kind = Invoice.Kind


def einvoice_of(invoice: InvoiceView, *, due: date) -> Einvoice | None:
    """The document as an electronic invoice, in the language of the moment; None for notes of late interest.

    `due` is the last day for paying if it is received today. Raises `NotAnEinvoice` when its amounts do not add up.
    """
    if invoice.kind == Kind.INTEREST_NOTE:
        return None
    credit = invoice.kind == Kind.CREDIT_NOTE
    return Einvoice(
        number=invoice.number,
        type_code=CREDIT_NOTE if credit else INVOICE,
        issued_on=invoice.issued_on,
        due_on=None if credit else due,
        currency=invoice.currency,
        language=invoice.language,
        payment_words=payment_words(invoice, due=due),
        buyer_reference=invoice.buyer.get("buyer_reference") or invoice.customer_id,
        order_number=invoice.buyer.get("order_number", ""),
        preceding=_preceding(invoice),
        starts_on=invoice.supplied_from,
        ends_on=invoice.supplied_until,
        note=invoice.reason,
        seller=_party(invoice.seller),
        buyer=_party(invoice.buyer),
        iban=plain(invoice.seller.get("iban", "")),
        bic=invoice.seller.get("bic", ""),
        reference=invoice.reference,
        vat_category=invoice.vat_category,
        vat_rate=invoice.vat_rate,
        vat_words=vat_words(invoice),
        lines=tuple(_line(line) for line in invoice.lines),
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
    )


def payment_words(invoice: InvoiceView, *, due: date) -> str:
    """When to pay what was received today, and what being late costs (B9, B10)."""
    if invoice.kind == Kind.CREDIT_NOTE:
        return _("Nothing is to be paid: the amount is credited to your account.")
    if not invoice.gross:
        return _("Nothing is to be paid.")
    return _(
        "Due %(days)s calendar days after you receive it by e-mail or in the portal: on %(due)s, if that is today. From"
        " the day after, 0.02 %% of the unpaid amount is owed for each day."
    ) % {"days": PAYABLE_FOR_DAYS, "due": day_words(due)}


def vat_words(invoice: InvoiceView) -> str:
    """Why the document carries no VAT, as the law wants it said (B19); empty where it carries some."""
    words = {
        "AE": _("Reverse charge: the buyer accounts for the VAT (Articles 44 and 196 of Directive 2006/112/EC)."),
        "G": _("Supplied to a buyer outside the European Union: no VAT is charged."),
        "O": _("Supplied to a buyer outside the European Union: not subject to VAT (Directive 2006/112/EC)."),
    }
    if invoice.kind == Kind.INTEREST_NOTE:
        return _("Late interest is compensation and not subject to VAT.")
    if invoice.vat_category == "O" and not invoice.seller.get("vat_number"):
        return _("The seller is not registered for VAT.")
    return words.get(invoice.vat_category, "")


def _preceding(invoice: InvoiceView) -> tuple[str, date] | None:
    return (invoice.credited_number, invoice.credited_issued_on) if invoice.credited_issued_on else None


def _party(told: Mapping[str, Any]) -> Party:
    names = ("name", "country", "register_number", "vat_number", "street", "postcode", "city", "email")
    return Party(**{name: str(told.get(name, "")) for name in names})


def _line(line: LineView) -> Line:
    words = words_of(line)
    quantity, unit_price = billed(line.quantity, Decimal(line.unit_price))
    return Line(
        number=line.position,
        name=words.name,
        description=words.sum,
        quantity=quantity,
        unit=words.unit,
        unit_price=unit_price,
        net=line.net,
        starts_on=line.from_on,
        ends_on=line.until_on,
    )
