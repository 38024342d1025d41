"""UBL 2.1 by Peppol BIS Billing 3.0: what a customer's accounting reads by itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from billing.gateways._writing import legible, plain
from billing.rules.einvoice import Einvoice, Line, Party

_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_ROOT = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
_CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


def write_ubl(invoice: Einvoice) -> bytes:
    """The invoice as UBL `Invoice`, or a credit note as UBL `CreditNote`; UTF-8."""
    kind = "CreditNote" if invoice.is_credit else "Invoice"
    namespace = _ROOT.format(kind)
    root = etree.Element(f"{{{namespace}}}{kind}", nsmap={None: namespace, "cac": _CAC, "cbc": _CBC})
    _head(root, invoice, kind)
    _party(_group(root, "AccountingSupplierParty"), invoice.seller, invoice)
    _party(_group(root, "AccountingCustomerParty"), invoice.buyer, invoice)
    _text(_group(root, "Delivery"), "ActualDeliveryDate", invoice.supplied_on)
    if not invoice.is_credit and invoice.iban:
        _means(root, invoice)
    _text(_group(root, "PaymentTerms"), "Note", invoice.payment_words)
    _totals(root, invoice)
    for line in invoice.lines:
        _line(_group(root, f"{kind}Line"), line, invoice)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _head(root: Any, invoice: Einvoice, kind: str) -> None:
    _text(root, "CustomizationID", _CUSTOMIZATION)
    _text(root, "ProfileID", _PROFILE)
    _text(root, "ID", invoice.number)
    _text(root, "IssueDate", invoice.issued_on)
    if not invoice.is_credit:
        _text(root, "DueDate", invoice.due_on)
    _text(root, f"{kind}TypeCode", invoice.type_code)
    _text(root, "Note", invoice.note)
    _text(root, "DocumentCurrencyCode", invoice.currency)
    _text(root, "BuyerReference", invoice.buyer_reference)
    _period(root, invoice.starts_on, invoice.ends_on)
    if invoice.order_number:
        _text(_group(root, "OrderReference"), "ID", invoice.order_number)
    if invoice.preceding:
        reference = _group(_group(root, "BillingReference"), "InvoiceDocumentReference")
        _text(reference, "ID", invoice.preceding[0])
        _text(reference, "IssueDate", invoice.preceding[1])


def _party(parent: Any, told: Party, invoice: Einvoice) -> None:
    party = _group(parent, "Party")
    if told.address:
        _text(party, "EndpointID", told.address[1], schemeID=told.address[0])
    _text(_group(party, "PartyName"), "Name", told.name)
    address = _group(party, "PostalAddress")
    _text(address, "StreetName", told.street)
    _text(address, "CityName", told.city)
    _text(address, "PostalZone", told.postcode)
    _text(_group(address, "Country"), "IdentificationCode", told.country)
    if told.vat_number and invoice.has_vat_numbers:
        scheme = _group(party, "PartyTaxScheme")
        _text(scheme, "CompanyID", told.vat_number)
        _text(_group(scheme, "TaxScheme"), "ID", "VAT")
    entity = _group(party, "PartyLegalEntity")
    _text(entity, "RegistrationName", told.name)
    named = {"schemeID": told.register_scheme} if told.register_scheme else {}
    _text(entity, "CompanyID", told.register_number, **named)
    if told.email:
        contact = _group(party, "Contact")
        _text(contact, "Name", told.name)
        _text(contact, "ElectronicMail", told.email)


def _means(root: Any, invoice: Einvoice) -> None:
    means = _group(root, "PaymentMeans")
    _text(means, "PaymentMeansCode", invoice.means_code)
    _text(means, "PaymentID", invoice.reference)
    account = _group(means, "PayeeFinancialAccount")
    _text(account, "ID", invoice.iban)
    _text(account, "Name", invoice.seller.name)
    if invoice.bic:
        _text(_group(account, "FinancialInstitutionBranch"), "ID", invoice.bic)


def _totals(root: Any, invoice: Einvoice) -> None:
    total = _group(root, "TaxTotal")
    _amount(total, "TaxAmount", invoice.vat, invoice)
    subtotal = _group(total, "TaxSubtotal")
    _amount(subtotal, "TaxableAmount", invoice.net, invoice)
    _amount(subtotal, "TaxAmount", invoice.vat, invoice)
    category = _category(subtotal, "TaxCategory", invoice)
    _text(category, "TaxExemptionReasonCode", invoice.exemption_code)
    _text(category, "TaxExemptionReason", invoice.vat_words if invoice.exemption_code else "")
    _scheme(category)
    sums = _group(root, "LegalMonetaryTotal")
    _amount(sums, "LineExtensionAmount", invoice.net, invoice)
    _amount(sums, "TaxExclusiveAmount", invoice.net, invoice)
    _amount(sums, "TaxInclusiveAmount", invoice.gross, invoice)
    _amount(sums, "PayableAmount", invoice.gross, invoice)


def _line(element: Any, line: Line, invoice: Einvoice) -> None:
    _text(element, "ID", line.number)
    counted = "CreditedQuantity" if invoice.is_credit else "InvoicedQuantity"
    _text(element, counted, plain(line.quantity), unitCode=line.unit)
    _amount(element, "LineExtensionAmount", line.net, invoice)
    _period(element, line.starts_on, line.ends_on)
    item = _group(element, "Item")
    _text(item, "Description", line.description)
    _text(item, "Name", line.name)
    _scheme(_category(item, "ClassifiedTaxCategory", invoice))
    price = _group(element, "Price")
    _text(price, "PriceAmount", plain(line.unit_price), currencyID=invoice.currency)


def _category(parent: Any, name: str, invoice: Einvoice) -> Any:
    category = _group(parent, name)
    _text(category, "ID", invoice.vat_category)
    if invoice.vat_category != "O":  # what is outside of VAT has no rate (BR-O-05)
        _text(category, "Percent", plain(invoice.vat_rate))
    return category


def _scheme(category: Any) -> None:
    _text(_group(category, "TaxScheme"), "ID", "VAT")


def _period(parent: Any, first: date | None, last: date | None) -> None:
    if first and last:
        period = _group(parent, "InvoicePeriod")
        _text(period, "StartDate", first)
        _text(period, "EndDate", last)


def _amount(parent: Any, name: str, value: Decimal, invoice: Einvoice) -> None:
    _text(parent, name, f"{value:.2f}", currencyID=invoice.currency)


def _group(parent: Any, name: str) -> Any:
    return etree.SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent: Any, name: str, value: date | int | str | None, **attributes: str) -> None:
    """An element with a text; none where there is nothing to say."""
    if value not in {None, ""}:
        etree.SubElement(parent, f"{{{_CBC}}}{name}", **attributes).text = legible(value)
