"""Which VAT a document carries: the decision table of B19. Nothing is guessed: what is not known holds the document.

Everything sold here is a service supplied by electronic means. To a business it is supplied where the buyer is
established (Directive 2006/112/EC, Article 44), so a buyer in another member state accounts for the VAT itself (Article
196). To anybody else within the Union it carries the seller's rate below the threshold of Article 59c, and the rate of
the buyer's country where the seller uses the one-stop shop. Outside the Union it is outside the scope, for consumers
too (Articles 58 and 59); category G, for goods that are exported, is never used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

EVIDENCE_HOLDS_FOR = timedelta(days=30)

# Standard rates in percent, by country (ISO 3166), as of 2026.
STANDARD_RATES: Mapping[str, Decimal] = {
    country: Decimal(rate)
    for country, rate in {
        "AT": "20.00",
        "BE": "21.00",
        "BG": "20.00",
        "CY": "19.00",
        "CZ": "21.00",
        "DE": "19.00",
        "DK": "25.00",
        "EE": "24.00",
        "ES": "21.00",
        "FI": "25.50",
        "FR": "20.00",
        "GR": "24.00",
        "HR": "25.00",
        "HU": "27.00",
        "IE": "23.00",
        "IT": "22.00",
        "LT": "21.00",
        "LU": "17.00",
        "LV": "21.00",
        "MT": "18.00",
        "NL": "21.00",
        "PL": "23.00",
        "PT": "23.00",
        "RO": "21.00",
        "SE": "25.00",
        "SI": "22.00",
        "SK": "23.00",
    }.items()
}
_PREFIXES: Mapping[str, str] = {"GR": "EL"}
_ZERO = Decimal("0.00")


class Category(StrEnum):
    """The categories of EN 16931 (UNTDID 5305) that occur."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    OUTSIDE = "O"


class Reason(StrEnum):
    """Why a document carries no VAT; its words stand on it."""

    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE_EU = "outside_eu"
    SELLER_NOT_REGISTERED = "seller_not_registered"
    INTEREST = "interest"


class Hold(StrEnum):
    """Why a document cannot be finalised yet."""

    VIES = "vies"
    BUYER = "buyer_incomplete"
    SELLER = "seller_incomplete"


@dataclass(frozen=True, kw_only=True)
class Seller:
    """Who sells: the country (ISO 3166), and the VAT number; empty for one that is not registered for VAT."""

    country: str
    vat_number: str


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who buys: the country (ISO 3166), whether it is a business, and its VAT number with prefix, if it has one."""

    country: str
    business: bool
    vat_number: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What VIES answered about a number, and when (UTC)."""

    id: str
    vat_number: str
    valid: bool
    checked_at: datetime


@dataclass(frozen=True, kw_only=True)
class VatDecision:
    """The one VAT category of a document, its rate in percent, why it carries none, and the evidence behind it."""

    category: str
    rate: Decimal
    reason: str = ""
    evidence_id: str | None = None


OUTSIDE_VAT = VatDecision(category=Category.OUTSIDE, rate=_ZERO, reason=Reason.INTEREST)  # notes of late interest (B10)


def decide(
    seller: Seller, buyer: Buyer, evidence: Evidence | None, *, now: datetime, oss: bool = False
) -> VatDecision | Hold:
    """The VAT of a document that is finalised at `now`, or why it cannot be told (B19).

    `evidence` is the newest answer of VIES about the buyer's number. A business whose number VIES does not know is
    charged like a consumer. `oss`: the seller uses the one-stop shop. Northern Ireland is in the Union for goods alone,
    so its numbers (XI) change nothing here.
    """
    if not seller.vat_number:
        return VatDecision(category=Category.OUTSIDE, rate=_ZERO, reason=Reason.SELLER_NOT_REGISTERED)
    if seller.country not in STANDARD_RATES:
        return Hold.SELLER
    if not buyer.country:
        return Hold.BUYER
    if buyer.country == seller.country:
        return VatDecision(category=Category.STANDARD, rate=STANDARD_RATES[seller.country])
    if buyer.country not in STANDARD_RATES:
        return VatDecision(category=Category.OUTSIDE, rate=_ZERO, reason=Reason.OUTSIDE_EU)
    return _within_the_union(seller, buyer, evidence, now=now, oss=oss)


def number_to_check(seller: Seller, buyer: Buyer) -> tuple[str, str] | None:
    """What VIES must be asked before a document is finalised: prefix and number; None when nothing depends on it."""
    abroad = buyer.country in STANDARD_RATES and buyer.country != seller.country
    if not (seller.vat_number and abroad and buyer.business and buyer.vat_number):
        return None
    return split_number(buyer.vat_number)


def split_number(vat_number: str) -> tuple[str, str]:
    """Prefix and number as VIES wants them: `EL094014201` is `("EL", "094014201")`; Greece is EL there, not GR."""
    prefix, number = vat_number[:2].upper(), vat_number[2:]
    return _PREFIXES.get(prefix, prefix), number


def counts(evidence: Evidence | None, vat_number: str, now: datetime) -> bool:
    """Whether an answer is about this number and at most 30 days old."""
    if evidence is None or evidence.vat_number != vat_number:
        return False
    return evidence.checked_at <= now <= evidence.checked_at + EVIDENCE_HOLDS_FOR


def _within_the_union(
    seller: Seller, buyer: Buyer, evidence: Evidence | None, *, now: datetime, oss: bool
) -> VatDecision | Hold:
    rate = STANDARD_RATES[buyer.country if oss else seller.country]
    if not (buyer.business and buyer.vat_number):
        return VatDecision(category=Category.STANDARD, rate=rate)
    if split_number(buyer.vat_number)[0] != _PREFIXES.get(buyer.country, buyer.country):
        return Hold.BUYER
    if evidence is None or not counts(evidence, buyer.vat_number, now):
        return Hold.VIES
    if not evidence.valid:
        return VatDecision(category=Category.STANDARD, rate=rate, evidence_id=evidence.id)
    return VatDecision(
        category=Category.REVERSE_CHARGE, rate=_ZERO, reason=Reason.REVERSE_CHARGE, evidence_id=evidence.id
    )
