"""UN/CEFACT Cross Industry Invoice in the profile EN 16931: the data inside the PDF (Factur-X), and by itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from billing.gateways._writing import legible, plain
from billing.rules.einvoice import Einvoice, Line, Party

FILE_NAME = "factur-x.xml"  # by the name the data is found in the PDF
_NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_GUIDELINE = "urn:cen.eu:en16931:2017"
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = (
    ("DocumentFileName", "name of the embedded XML invoice file", FILE_NAME),
    ("DocumentType", "INVOICE", "INVOICE"),
    ("Version", "the version of the Factur-X standard", "1.0"),
    ("ConformanceLevel", "the conformance level of the embedded data", "EN 16931"),
)


def write_cii(invoice: Einvoice) -> bytes:
    """The invoice or credit note as `CrossIndustryInvoice`; UTF-8."""
    root = etree.Element(f"{{{_NAMES['rsm']}}}CrossIndustryInvoice", nsmap=_NAMES)
    context = _group(root, "rsm:ExchangedDocumentContext")
    _text(_group(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", _GUIDELINE)
    document = _group(root, "rsm:ExchangedDocument")
    _text(document, "ram:ID", invoice.number)
    _text(document, "ram:TypeCode", invoice.type_code)
    _day(document, "ram:IssueDateTime", invoice.issued_on)
    if invoice.note:
        _text(_group(document, "ram:IncludedNote"), "ram:Content", invoice.note)
    transaction = _group(root, "rsm:SupplyChainTradeTransaction")
    for line in invoice.lines:
        _line(transaction, line, invoice)
    _agreement(transaction, invoice)
    delivery = _group(transaction, "ram:ApplicableHeaderTradeDelivery")
    _day(_group(delivery, "ram:ActualDeliverySupplyChainEvent"), "ram:OccurrenceDateTime", invoice.supplied_on)
    _settlement(transaction, invoice)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def factur_x_description() -> bytes:
    """What a PDF's XMP says about the data inside (Factur-X 1.0): `rdf:Description` elements with their schema."""
    told = "".join(f"<fx:{name}>{escape(value)}</fx:{name}>" for name, _meaning, value in _PROPERTIES)
    properties = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{escape(meaning)}</pdfaProperty:description></rdf:li>"
        for name, meaning, _value in _PROPERTIES
    )
    return (
        f'<rdf:Description xmlns:fx="{_FX}" rdf:about="">{told}</rdf:Description>'
        '<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
        ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
        ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">'
        '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_FX}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    ).encode()


def _line(transaction: Any, line: Line, invoice: Einvoice) -> None:
    item = _group(transaction, "ram:IncludedSupplyChainTradeLineItem")
    _text(_group(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", line.number)
    product = _group(item, "ram:SpecifiedTradeProduct")
    _text(product, "ram:Name", line.name)
    _text(product, "ram:Description", line.description)
    price = _group(_group(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _text(price, "ram:ChargeAmount", plain(line.unit_price))
    delivery = _group(item, "ram:SpecifiedLineTradeDelivery")
    _text(delivery, "ram:BilledQuantity", plain(line.quantity), unitCode=line.unit)
    settlement = _group(item, "ram:SpecifiedLineTradeSettlement")
    tax = _group(settlement, "ram:ApplicableTradeTax")
    _text(tax, "ram:TypeCode", "VAT")
    _category(tax, invoice)
    _period(settlement, line.starts_on, line.ends_on)
    _amount(_group(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation"), "ram:LineTotalAmount", line.net)


def _agreement(transaction: Any, invoice: Einvoice) -> None:
    agreement = _group(transaction, "ram:ApplicableHeaderTradeAgreement")
    _text(agreement, "ram:BuyerReference", invoice.buyer_reference)
    _party(_group(agreement, "ram:SellerTradeParty"), invoice.seller, invoice)
    _party(_group(agreement, "ram:BuyerTradeParty"), invoice.buyer, invoice)
    if invoice.order_number:
        order = _group(agreement, "ram:BuyerOrderReferencedDocument")
        _text(order, "ram:IssuerAssignedID", invoice.order_number)


def _party(party: Any, told: Party, invoice: Einvoice) -> None:
    _text(party, "ram:Name", told.name)
    if told.register_number:
        named = {"schemeID": told.register_scheme} if told.register_scheme else {}
        _text(_group(party, "ram:SpecifiedLegalOrganization"), "ram:ID", told.register_number, **named)
    if told.email:
        contact = _group(party, "ram:DefinedTradeContact")
        _text(contact, "ram:PersonName", told.name)
        _text(_group(contact, "ram:EmailURIUniversalCommunication"), "ram:URIID", told.email)
    address = _group(party, "ram:PostalTradeAddress")
    _text(address, "ram:PostcodeCode", told.postcode)
    _text(address, "ram:LineOne", told.street)
    _text(address, "ram:CityName", told.city)
    _text(address, "ram:CountryID", told.country)
    if told.address:
        scheme, value = told.address
        _text(_group(party, "ram:URIUniversalCommunication"), "ram:URIID", value, schemeID=scheme)
    if told.vat_number and invoice.has_vat_numbers:
        _text(_group(party, "ram:SpecifiedTaxRegistration"), "ram:ID", told.vat_number, schemeID="VA")


def _settlement(transaction: Any, invoice: Einvoice) -> None:
    settlement = _group(transaction, "ram:ApplicableHeaderTradeSettlement")
    _text(settlement, "ram:PaymentReference", invoice.reference)
    _text(settlement, "ram:InvoiceCurrencyCode", invoice.currency)
    if not invoice.is_credit and invoice.iban:
        _means(settlement, invoice)
    tax = _group(settlement, "ram:ApplicableTradeTax")
    _amount(tax, "ram:CalculatedAmount", invoice.vat)
    _text(tax, "ram:TypeCode", "VAT")
    _text(tax, "ram:ExemptionReason", invoice.vat_words if invoice.exemption_code else "")
    _amount(tax, "ram:BasisAmount", invoice.net)
    _category(tax, invoice, exemption=invoice.exemption_code)
    _period(settlement, invoice.starts_on, invoice.ends_on)
    terms = _group(settlement, "ram:SpecifiedTradePaymentTerms")
    _text(terms, "ram:Description", invoice.payment_words)
    if invoice.due_on and not invoice.is_credit:
        _day(terms, "ram:DueDateDateTime", invoice.due_on)
    sums = _group(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _amount(sums, "ram:LineTotalAmount", invoice.net)
    _amount(sums, "ram:TaxBasisTotalAmount", invoice.net)
    _amount(sums, "ram:TaxTotalAmount", invoice.vat, currencyID=invoice.currency)
    _amount(sums, "ram:GrandTotalAmount", invoice.gross)
    _amount(sums, "ram:DuePayableAmount", invoice.gross)
    if invoice.preceding:
        preceding = _group(settlement, "ram:InvoiceReferencedDocument")
        _text(preceding, "ram:IssuerAssignedID", invoice.preceding[0])
        _day(preceding, "ram:FormattedIssueDateTime", invoice.preceding[1], kind="qdt")


def _means(settlement: Any, invoice: Einvoice) -> None:
    means = _group(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    _text(means, "ram:TypeCode", invoice.means_code)
    account = _group(means, "ram:PayeePartyCreditorFinancialAccount")
    _text(account, "ram:IBANID", invoice.iban)
    _text(account, "ram:AccountName", invoice.seller.name)
    if invoice.bic:
        _text(_group(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", invoice.bic)


def _category(tax: Any, invoice: Einvoice, *, exemption: str = "") -> None:
    _text(tax, "ram:CategoryCode", invoice.vat_category)
    _text(tax, "ram:ExemptionReasonCode", exemption)
    if invoice.vat_category != "O":  # what is outside of VAT has no rate (BR-O-05)
        _text(tax, "ram:RateApplicablePercent", plain(invoice.vat_rate))


def _period(parent: Any, first: date | None, last: date | None) -> None:
    if first and last:
        period = _group(parent, "ram:BillingSpecifiedPeriod")
        _day(period, "ram:StartDateTime", first)
        _day(period, "ram:EndDateTime", last)


def _amount(parent: Any, name: str, value: Decimal, **attributes: str) -> None:
    _text(parent, name, f"{value:.2f}", **attributes)


def _day(parent: Any, name: str, on: date, *, kind: str = "udt") -> None:
    _text(_group(parent, name), f"{kind}:DateTimeString", f"{on:%Y%m%d}", format="102")


def _group(parent: Any, name: str) -> Any:
    return etree.SubElement(parent, _tag(name))


def _text(parent: Any, name: str, value: int | str | None, **attributes: str) -> None:
    """An element with a text; none where there is nothing to say."""
    if value not in {None, ""}:
        etree.SubElement(parent, _tag(name), **attributes).text = legible(value)


def _tag(name: str) -> str:
    prefix, _colon, local = name.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"
