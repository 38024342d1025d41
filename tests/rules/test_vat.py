"""The decision table of VAT (B19), row by row, and what holds a document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.rules.vat import (
    OUTSIDE_VAT,
    STANDARD_RATES,
    Buyer,
    Category,
    Evidence,
    Hold,
    Reason,
    Seller,
    VatDecision,
    counts,
    decide,
    number_to_check,
    split_number,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LITHUANIAN = Seller(country="LT", vat_number="LT100001919017")
RATES = (
    "AT 20, BE 21, BG 20, CY 19, CZ 21, DE 19, DK 25, EE 24, ES 21, FI 25.5, FR 20, GR 24, HR 25, HU 27, IE 23, IT 22,"
    " LT 21, LU 17, LV 21, MT 18, NL 21, PL 23, PT 23, RO 21, SE 25, SI 22, SK 23"
)


def buyer(country: str, vat_number: str = "", *, business: bool = True) -> Buyer:
    return Buyer(country=country, business=business, vat_number=vat_number)


def answered(vat_number: str, *, valid: bool = True, days_ago: float = 1) -> Evidence:
    return Evidence(id="vat_1", vat_number=vat_number, valid=valid, checked_at=NOW - timedelta(days=days_ago))


def standard(rate: str, evidence: str | None = None) -> VatDecision:
    return VatDecision(category=Category.STANDARD, rate=Decimal(rate), evidence_id=evidence)


def outside(reason: str) -> VatDecision:
    return VatDecision(category=Category.OUTSIDE, rate=Decimal("0.00"), reason=reason)


REVERSED = VatDecision(
    category=Category.REVERSE_CHARGE, rate=Decimal("0.00"), reason=Reason.REVERSE_CHARGE, evidence_id="vat_1"
)


@pytest.mark.parametrize(
    ("who", "evidence", "expected"),
    [
        # At home everybody pays the standard rate, whatever VIES says.
        (buyer("LT", "LT100001234511"), None, standard("21.00")),
        (buyer("LT", "LT100001234511"), answered("LT100001234511"), standard("21.00")),
        (buyer("LT", business=False), None, standard("21.00")),
        # A business elsewhere in the Union, if VIES knows its number.
        (buyer("LV", "LV40003032949"), answered("LV40003032949"), REVERSED),
        (buyer("GR", "EL094014201"), answered("EL094014201"), REVERSED),
        # One whose number VIES does not know, or that has none, is like a consumer: the seller's rate.
        (buyer("LV", "LV40003032949"), answered("LV40003032949", valid=False), standard("21.00", "vat_1")),
        (buyer("LV"), None, standard("21.00")),
        (buyer("FI", business=False), None, standard("21.00")),
        # What nobody answered, long ago, or about another number is not known.
        (buyer("LV", "LV40003032949"), None, Hold.VIES),
        (buyer("LV", "LV40003032949"), answered("LV40003032949", days_ago=31), Hold.VIES),
        (buyer("LV", "LV40003032949"), answered("LV40003009497"), Hold.VIES),
        (buyer("LV", "LV40003032949"), answered("LV40003032949", valid=False, days_ago=31), Hold.VIES),
        # A number of another country than the buyer's is for a person to look at.
        (buyer("LV", "EE100931558"), answered("EE100931558"), Hold.BUYER),
        (buyer("GR", "GR094014201"), answered("GR094014201"), REVERSED),
        # Outside the Union, and Northern Ireland, which is in it for goods alone.
        (buyer("CH", "CHE107787577IVA"), None, outside(Reason.OUTSIDE_EU)),
        (buyer("US"), None, outside(Reason.OUTSIDE_EU)),
        (buyer("NO", business=False), None, outside(Reason.OUTSIDE_EU)),
        (buyer("GB", "GB980780684"), None, outside(Reason.OUTSIDE_EU)),
        (buyer("GB", "XI366303068"), answered("XI366303068"), outside(Reason.OUTSIDE_EU)),
        (buyer("XI", "XI366303068"), None, outside(Reason.OUTSIDE_EU)),
        (buyer(""), None, Hold.BUYER),
    ],
)
def test_a_lithuanian_seller(who: Buyer, evidence: Evidence | None, expected: object) -> None:
    assert decide(LITHUANIAN, who, evidence, now=NOW) == expected


@pytest.mark.parametrize("country", ["LT", "LV", "US"])
def test_who_is_not_registered_for_vat_charges_none(country: str) -> None:
    seller = Seller(country="LT", vat_number="")
    decision = decide(seller, buyer(country, "LV40003032949"), None, now=NOW)
    assert decision == outside(Reason.SELLER_NOT_REGISTERED)


def test_a_seller_outside_the_union_is_for_a_person_to_look_at() -> None:
    assert decide(Seller(country="CH", vat_number="CHE1"), buyer("CH"), None, now=NOW) == Hold.SELLER


@pytest.mark.parametrize(
    ("who", "evidence", "expected"),
    [
        (buyer("FI", business=False), None, standard("25.50")),
        (buyer("HU"), None, standard("27.00")),
        (buyer("LV", "LV40003032949"), answered("LV40003032949", valid=False), standard("21.00", "vat_1")),
        (buyer("LV", "LV40003032949"), answered("LV40003032949"), REVERSED),
        (buyer("LT", business=False), None, standard("21.00")),
        (buyer("US", business=False), None, outside(Reason.OUTSIDE_EU)),
    ],
)
def test_with_the_one_stop_shop_a_consumer_pays_the_rate_of_its_own_country(
    who: Buyer, evidence: Evidence | None, expected: object
) -> None:
    assert decide(LITHUANIAN, who, evidence, now=NOW, oss=True) == expected


def test_the_rate_is_that_of_the_sellers_country() -> None:
    estonian = Seller(country="EE", vat_number="EE100931558")
    assert decide(estonian, buyer("EE"), None, now=NOW) == standard("24.00")
    assert decide(estonian, buyer("LT", business=False), None, now=NOW) == standard("24.00")


def test_the_table_of_standard_rates() -> None:
    expected = dict(entry.split(" ") for entry in RATES.split(", "))
    assert {country: Decimal(rate) for country, rate in expected.items()} == STANDARD_RATES
    assert len(STANDARD_RATES) == 27


def test_an_answer_counts_for_thirty_days_and_not_before_it_was_given() -> None:
    moment = timedelta(microseconds=1)
    evidence = answered("LV40003032949", days_ago=0)
    assert counts(evidence, "LV40003032949", NOW)
    assert counts(evidence, "LV40003032949", NOW + timedelta(days=30))
    assert not counts(evidence, "LV40003032949", NOW + timedelta(days=30) + moment)
    assert not counts(evidence, "LV40003032949", NOW - moment)
    assert not counts(None, "LV40003032949", NOW)
    assert not counts(evidence, "LV40003032948", NOW)


@pytest.mark.parametrize(
    ("seller", "who", "expected"),
    [
        (LITHUANIAN, buyer("LV", "LV40003032949"), ("LV", "40003032949")),
        (LITHUANIAN, buyer("GR", "EL094014201"), ("EL", "094014201")),
        (LITHUANIAN, buyer("LT", "LT100001234511"), None),
        (LITHUANIAN, buyer("LV"), None),
        (LITHUANIAN, buyer("LV", "LV40003032949", business=False), None),
        (LITHUANIAN, buyer("GB", "XI366303068"), None),
        (Seller(country="LT", vat_number=""), buyer("LV", "LV40003032949"), None),
    ],
)
def test_vies_is_asked_only_where_something_depends_on_it(
    seller: Seller, who: Buyer, expected: tuple[str, str] | None
) -> None:
    assert number_to_check(seller, who) == expected


def test_greece_is_el_for_vies() -> None:
    assert split_number("GR094014201") == ("EL", "094014201")
    assert split_number("el094014201") == ("EL", "094014201")


def test_late_interest_is_outside_vat() -> None:
    assert outside(Reason.INTEREST) == OUTSIDE_VAT
