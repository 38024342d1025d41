"""Electronic invoices pass the official schemas and the schematron of EN 16931, in both syntaxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.gateways.cii import write_cii
from billing.gateways.ubl import write_ubl
from billing.rules.einvoice import CREDIT_NOTE, INVOICE, Einvoice, Line, NotAnEinvoice, Party, billed
from tests.einvoices import broken_rules, schema_errors

SELLER = Party(
    name="Sealport",
    country="LT",
    register_number="100000000",
    vat_number="LT100001919017",
    street="Antspaudo g. 1",
    postcode="01100",
    city="Vilnius",
    email="billing@sealport.localhost",
)
BUYER = replace(SELLER, name="Acme UAB", register_number="123033512", vat_number="LT119511515", email="")
TALLINN = Party(
    name="Other OÜ",
    country="EE",
    register_number="12345678",
    vat_number="EE100366327",
    city="Tallinn",
    postcode="10140",
)


def line(number: int, quantity: int, price: str, name: str = "Seals beyond the plan") -> Line:
    counted, unit_price = billed(quantity, Decimal(price))
    return Line(
        number=number,
        name=name,
        description="620 used - 500 included = 120 x EUR 0.25",
        quantity=counted,
        unit="C62",
        unit_price=unit_price,
        net=(counted * unit_price).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP"),
        starts_on=date(2026, 11, 1),
        ends_on=date(2026, 11, 30),
    )


def einvoice(*lines: Line, category: str = "S", rate: str = "21", words: str = "", **changed: object) -> Einvoice:
    net = sum((each.net for each in lines), Decimal("0.00"))
    vat = (net * Decimal(rate) / 100).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    made = Einvoice(
        number="INV-2026-000123",
        type_code=INVOICE,
        issued_on=date(2026, 12, 1),
        due_on=date(2026, 12, 31),
        currency="EUR",
        language="en",
        payment_words="Within 30 calendar days of receipt",
        buyer_reference="PO-1",
        order_number="4500012345",
        preceding=None,
        starts_on=date(2026, 11, 1),
        ends_on=date(2026, 11, 30),
        note="",
        seller=SELLER,
        buyer=BUYER,
        iban="LT121000011101001000",
        bic="EXAMLT21",
        reference="RF51INV2026000123",
        vat_category=category,
        vat_rate=Decimal(rate),
        vat_words=words,
        lines=lines,
        net=net,
        vat=vat,
        gross=net + vat,
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # a field of it


STANDARD = einvoice(line(1, 1, "125.00", "Plan 1"), line(2, 120, "0.25"), line(3, 7, "0.047500"))
GOLDEN = {
    "standard rate": STANDARD,
    "reverse charge": einvoice(line(1, 1, "780.00"), category="AE", rate="0", words="Reverse charge", buyer=TALLINN),
    "reverse charge, no register number": einvoice(
        line(1, 1, "780.00"),
        category="AE",
        rate="0",
        words="Reverse charge",
        buyer=replace(TALLINN, register_number="", country="DE", vat_number="DE811569869"),
    ),
    "outside of VAT": einvoice(
        line(1, 1, "200.00"),
        category="O",
        rate="0",
        words="Not subject to VAT",
        buyer=Party(name="Dulles Inc.", country="US", email="ap@dulles.example"),
    ),
    "export": einvoice(
        line(1, 1, "200.00"),
        category="G",
        rate="0",
        words="Export",
        buyer=Party(name="Oslo AS", country="NO", city="Oslo", email="post@oslo.example"),
    ),
    "credit note": replace(
        STANDARD,
        number="CRN-2026-000007",
        type_code=CREDIT_NOTE,
        due_on=None,
        preceding=("INV-2026-000101", date(2026, 11, 1)),
        note="An annual plan was changed",
    ),
    "many lines": einvoice(*(line(number, 1, "0.33") for number in range(1, 501))),
    "nothing to pay": einvoice(line(1, 1, "0.00", "Free plan")),
    "a line taken off": einvoice(line(1, 1, "125.00"), line(2, 3, "-10.00"), line(3, -1, "5.00")),
    "special characters and long names": einvoice(
        line(1, 1, "125.00", "Ž<&>\"' \x01" + "ą" * 300),
        buyer=replace(BUYER, name='Ūkis & <Sūnūs> "Ž"' + "š" * 180, street="", email="a&b@example.org"),
    ),
    "account outside SEPA, nothing known": einvoice(
        line(1, 1, "1.00"),
        iban="AE070331234567890123456",
        bic="",
        order_number="",
        starts_on=None,
        ends_on=None,
        buyer=Party(name="Jonas Jonaitis", country="LT", email="jonas@example.org"),
    ),
}
BROKEN = {
    "BR-CO-16": write_ubl(STANDARD).replace(
        f'<cbc:PayableAmount currencyID="EUR">{STANDARD.gross}'.encode(), b'<cbc:PayableAmount currencyID="EUR">1.00'
    ),
    "BR-CO-15": write_cii(STANDARD).replace(
        f"<ram:GrandTotalAmount>{STANDARD.gross}".encode(), b"<ram:GrandTotalAmount>1.00"
    ),
    "BR-AE-10": write_ubl(replace(GOLDEN["reverse charge"], vat_words="")).replace(
        b"<cbc:TaxExemptionReasonCode>VATEX-EU-AE</cbc:TaxExemptionReasonCode>", b""
    ),
}


def test_every_kind_of_invoice_passes_the_official_validation_and_a_broken_one_does_not() -> None:
    """One process for all: compiling the rules is what takes time."""
    written = {f"ubl {name}": write_ubl(invoice) for name, invoice in GOLDEN.items()}
    written |= {f"cii {name}": write_cii(invoice) for name, invoice in GOLDEN.items()}
    assert {name: schema_errors(content) for name, content in written.items() if schema_errors(content)} == {}
    found = broken_rules(
        written | {f"{'cii' if b'rsm:' in content else 'ubl'} {code}": content for code, content in BROKEN.items()}
    )
    for code, content in BROKEN.items():
        failed = found.pop(f"{'cii' if b'rsm:' in content else 'ubl'} {code}")
        assert any(rule.startswith(code) for rule in failed), (code, failed)
    assert {name: failed for name, failed in found.items() if failed} == {}


@pytest.mark.parametrize("wrong", [{"lines": ()}, {"net": Decimal("1.00")}, {"vat": Decimal("0.00")}])
def test_no_document_is_written_whose_amounts_do_not_follow_from_its_lines(wrong: dict[str, object]) -> None:
    with pytest.raises(NotAnEinvoice):
        replace(STANDARD, **wrong)  # type: ignore[arg-type]  # a field of it
