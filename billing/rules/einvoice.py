"""An electronic invoice in the terms of EN 16931 (BT = business term), before it is written in any syntax.

Interest notes are none: late interest is damages and no supply, and a document of category O beside VAT lines is
refused by the standard (BR-O-11), so that they exist as PDF only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

INVOICE, CREDIT_NOTE = "380", "381"  # BT-3 (UNTDID 1001)
CREDIT_TRANSFER, SEPA_TRANSFER = "30", "58"  # BT-81 (UNTDID 4461)
PIECE, MONTH, USER, GIGABYTE = "C62", "MON", "C62", "E34"  # BT-130 (UNECE Recommendation 20)

# Why there is no VAT (BT-121), for each category without it.
EXEMPTIONS = {"AE": "VATEX-EU-AE", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}

# Electronic addresses (BT-34, BT-49; EAS) and register numbers (BT-30, BT-47; ISO 6523) by country.
_REGISTERS = {"EE": "0191", "LT": "0200", "LV": "0218"}
_VAT_ADDRESSES = {
    "AT": "9914",
    "BE": "9925",
    "BG": "9926",
    "CY": "9928",
    "CZ": "9929",
    "DE": "9930",
    "EE": "9931",
    "ES": "9920",
    "FI": "0213",
    "FR": "9957",
    "GR": "9933",
    "HR": "9934",
    "HU": "9910",
    "IE": "9935",
    "IT": "0211",
    "LT": "9937",
    "LU": "9938",
    "LV": "9939",
    "MT": "9943",
    "NL": "9944",
    "PL": "9945",
    "PT": "9946",
    "RO": "9947",
    "SE": "9955",
    "SI": "9949",
    "SK": "9950",
}
_BY_EMAIL = "EM"
# The area of the single euro payments, in which a transfer is SEPA's by its account's country.
_SEPA = frozenset(
    {
        *("AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR"),
        *("GB", "GI", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD"),
        *("ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA"),
    }
)


class NotAnEinvoice(Exception):
    """The standard has no such document: one without lines, or with other amounts than its lines."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """Seller (BG-4) or buyer (BG-7). `country` by ISO 3166; numbers as their country writes them, or empty."""

    name: str
    country: str
    register_number: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    email: str = ""

    @property
    def register_scheme(self) -> str:
        """The register that `register_number` is of (BT-30-1), empty where the list knows none."""
        return _REGISTERS.get(self.country, "") if self.register_number else ""

    @property
    def address(self) -> tuple[str, str] | None:
        """Scheme and value of the electronic address: by the register, by the VAT number, by e-mail, or none."""
        if scheme := self.register_scheme:
            return scheme, self.register_number
        if self.vat_number and self.country in _VAT_ADDRESSES:
            return _VAT_ADDRESSES[self.country], self.vat_number
        return (_BY_EMAIL, self.email) if self.email else None


@dataclass(frozen=True, kw_only=True)
class Line:
    """An invoice line (BG-25). `name` says what it is, `description` how its amount came about; amounts in EUR."""

    number: int
    name: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Decimal
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Einvoice:
    """An invoice or a credit note. Amounts are in EUR and positive in both; one VAT category for all lines.

    `starts_on` and `ends_on` are the first and the last day of what was supplied. `payment_words` tell when to pay.
    """

    number: str
    type_code: str
    issued_on: date
    due_on: date | None
    currency: str
    language: str
    payment_words: str
    buyer_reference: str
    order_number: str
    preceding: tuple[str, date] | None
    starts_on: date | None
    ends_on: date | None
    note: str
    seller: Party
    buyer: Party
    iban: str
    bic: str
    reference: str
    vat_category: str
    vat_rate: Decimal
    vat_words: str
    lines: tuple[Line, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal

    def __post_init__(self) -> None:
        if not self.lines or sum(line.net for line in self.lines) != self.net or self.net + self.vat != self.gross:
            raise NotAnEinvoice(self.number)

    @property
    def is_credit(self) -> bool:
        return self.type_code == CREDIT_NOTE

    @property
    def has_vat_numbers(self) -> bool:
        """Whether parties are named by VAT numbers: outside of VAT they must not be (BR-O-02)."""
        return self.vat_category != "O"

    @property
    def exemption_code(self) -> str:
        """BT-121, empty where VAT is charged."""
        return EXEMPTIONS.get(self.vat_category, "")

    @property
    def supplied_on(self) -> date:
        """BT-72: the day on which the supply was complete, that of issue where none is told."""
        return self.ends_on or self.issued_on

    @property
    def means_code(self) -> str:
        """BT-81: a SEPA transfer to accounts in its area, else a transfer."""
        return SEPA_TRANSFER if self.iban[:2] in _SEPA else CREDIT_TRANSFER


def billed(quantity: int, unit_price: Decimal) -> tuple[Decimal, Decimal]:
    """Quantity and price as the standard wants them: a price is never below zero (BR-27), so the quantity is."""
    return (Decimal(-quantity), -unit_price) if unit_price < 0 else (Decimal(quantity), unit_price)
