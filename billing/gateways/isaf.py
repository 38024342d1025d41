"""The register of issued VAT invoices as the Lithuanian tax authority wants it (i.SAF 1.2, issued invoices only)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from billing.gateways._writing import legible, plain

_NAMESPACE = "http://www.vmi.lt/cms/imas/isaf"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_UNKNOWN = "ND"
_LONGEST_NAME = 256


@dataclass(frozen=True, kw_only=True)
class RegisteredInvoice:
    """One document of the register; amounts in EUR, below zero in a credit note, which says what it `credits`.

    `tax_code` is of the authority's classifier, empty where it has none.
    """

    number: str
    issued_on: date
    supplied_on: date | None
    credits: tuple[str, date] | None
    buyer_name: str
    buyer_vat_number: str
    buyer_register_number: str
    buyer_country: str
    net: Decimal
    vat: Decimal
    vat_rate: Decimal
    tax_code: str


def write_isaf(
    invoices: Sequence[RegisteredInvoice], *, register_number: str, first_on: date, last_on: date, made_at: datetime
) -> bytes:
    """The register of a month, in the order given; without invoices it is written, too, because it is owed."""
    root = etree.Element(f"{{{_NAMESPACE}}}iSAFFile", nsmap={None: _NAMESPACE, "xsi": _XSI})
    _head(root, register_number, first_on, last_on, made_at)
    sales = _group(_group(root, "SourceDocuments"), "SalesInvoices")
    for invoice in invoices:
        _invoice(_group(sales, "Invoice"), invoice)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _head(root: Any, register_number: str, first_on: date, last_on: date, made_at: datetime) -> None:
    described = _group(_group(root, "Header"), "FileDescription")
    _text(described, "FileVersion", "iSAF1.2")
    _text(described, "FileDateCreated", f"{made_at:%Y-%m-%dT%H:%M:%S}")
    _text(described, "DataType", "S")
    _text(described, "SoftwareCompanyName", "Sealport")
    _text(described, "SoftwareName", "Sealport")
    _text(described, "SoftwareVersion", "1")
    _text(described, "RegistrationNumber", register_number)
    _text(described, "NumberOfParts", 1)
    _text(described, "PartNumber", 1)
    selected = _group(described, "SelectionCriteria")
    _text(selected, "SelectionStartDate", first_on)
    _text(selected, "SelectionEndDate", last_on)


def _invoice(element: Any, invoice: RegisteredInvoice) -> None:
    _text(element, "InvoiceNo", invoice.number)
    buyer = _group(element, "CustomerInfo")
    _text(buyer, "VATRegistrationNumber", invoice.buyer_vat_number or _UNKNOWN)
    if not invoice.buyer_vat_number:
        _text(buyer, "RegistrationNumber", invoice.buyer_register_number or _UNKNOWN)
    _text(buyer, "Country", invoice.buyer_country)
    _text(buyer, "Name", invoice.buyer_name[:_LONGEST_NAME])
    _text(element, "InvoiceDate", invoice.issued_on)
    _text(element, "InvoiceType", "KS" if invoice.credits else "SF")
    _text(element, "SpecialTaxation", "")
    references = _group(element, "References")
    if invoice.credits:
        reference = _group(references, "Reference")
        _text(reference, "ReferenceNo", invoice.credits[0])
        _text(reference, "ReferenceDate", invoice.credits[1])
    same = invoice.supplied_on in {None, invoice.issued_on}
    _text(element, "VATPointDate", None if same else invoice.supplied_on)
    total = _group(_group(element, "DocumentTotals"), "DocumentTotal")
    _text(total, "TaxableValue", f"{invoice.net:.2f}")
    _text(total, "TaxCode", invoice.tax_code or None)
    _text(total, "TaxPercentage", plain(invoice.vat_rate))
    _text(total, "Amount", f"{invoice.vat:.2f}")
    _text(total, "VATPointDate2", None)


def _group(parent: Any, name: str) -> Any:
    return etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}")


def _text(parent: Any, name: str, value: date | int | str | None) -> None:
    """An element with a text; what is not known is said to be nil."""
    element = _group(parent, name)
    if value is None:
        element.set(f"{{{_XSI}}}nil", "true")
    else:
        element.text = legible(value)
