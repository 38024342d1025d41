"""The terms of an electronic invoice: codes that depend on country, category and account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.rules.einvoice import Party, billed
from tests.gateways.test_einvoices import STANDARD

ACME = Party(name="Acme", country="LT", register_number="123033512", vat_number="LT119511515", email="a@acme.example")


@pytest.mark.parametrize(
    ("changed", "scheme", "address"),
    [
        ({}, "0200", ("0200", "123033512")),
        ({"country": "EE"}, "0191", ("0191", "123033512")),
        ({"country": "LV"}, "0218", ("0218", "123033512")),
        ({"register_number": ""}, "", ("9937", "LT119511515")),
        ({"country": "LV", "register_number": ""}, "", ("9939", "LT119511515")),
        ({"country": "EE", "register_number": ""}, "", ("9931", "LT119511515")),
        ({"country": "DE"}, "", ("9930", "LT119511515")),
        ({"country": "FI"}, "", ("0213", "LT119511515")),
        ({"country": "PL"}, "", ("9945", "LT119511515")),
        ({"country": "US"}, "", ("EM", "a@acme.example")),
        ({"country": "DE", "vat_number": ""}, "", ("EM", "a@acme.example")),
        ({"country": "US", "email": ""}, "", None),
    ],
)
def test_the_electronic_address_is_by_register_then_vat_number_then_mail(
    changed: dict[str, str], scheme: str, address: tuple[str, str] | None
) -> None:
    party = replace(ACME, **changed)
    assert (party.register_scheme, party.address) == (scheme, address)


@pytest.mark.parametrize(
    ("category", "code", "named"),
    [("S", "", True), ("AE", "VATEX-EU-AE", True), ("G", "VATEX-EU-G", True), ("O", "VATEX-EU-O", False)],
)
def test_each_category_without_vat_says_why_and_outside_of_it_nobody_has_a_vat_number(
    category: str, code: str, named: bool
) -> None:
    told = replace(STANDARD, vat_category=category)
    assert (told.exemption_code, told.has_vat_numbers) == (code, named)


@pytest.mark.parametrize(("iban", "code"), [("LT12", "58"), ("NO93", "58"), ("US00", "30"), ("AE07", "30"), ("", "30")])
def test_a_transfer_is_sepas_where_the_account_is(iban: str, code: str) -> None:
    assert replace(STANDARD, iban=iban).means_code == code


def test_a_negative_price_becomes_a_negative_quantity() -> None:
    assert billed(3, Decimal("-10.00")) == (Decimal(-3), Decimal("10.00"))
    assert billed(3, Decimal("0.00")) == (Decimal(3), Decimal("0.00"))
    assert billed(-1, Decimal("5.00")) == (Decimal(-1), Decimal("5.00"))


def test_a_credit_note_and_the_day_of_supply() -> None:
    assert (STANDARD.is_credit, replace(STANDARD, type_code="381").is_credit) == (False, True)
    assert (STANDARD.supplied_on, replace(STANDARD, ends_on=None).supplied_on) == (
        date(2026, 11, 30),
        date(2026, 12, 1),
    )
