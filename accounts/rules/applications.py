"""What an application must say, by kind of customer and country (clauses B18, C1, C5)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import ModuleType

from stdnum import exceptions
from stdnum.at import businessid
from stdnum.be import vat as belgian_vat
from stdnum.ch import uid
from stdnum.ch import vat as swiss_vat
from stdnum.de import handelsregisternummer
from stdnum.dk import cvr
from stdnum.ee import registrikood
from stdnum.es import cif
from stdnum.eu import vat as eu_vat
from stdnum.fi import ytunnus
from stdnum.fr import siren
from stdnum.gb import vat as british_vat
from stdnum.hr import oib
from stdnum.it import iva
from stdnum.lv import pvn
from stdnum.no import mva
from stdnum.no import orgnr as norwegian_orgnr
from stdnum.pt import nif
from stdnum.se import orgnr as swedish_orgnr
from stdnum.si import maticna
from stdnum.ua import edrpou

_REGISTERS: Mapping[str, ModuleType] = {
    "AT": businessid,
    "BE": belgian_vat,
    "CH": uid,
    "DE": handelsregisternummer,
    "DK": cvr,
    "EE": registrikood,
    "ES": cif,
    "FI": ytunnus,
    "FR": siren,
    "HR": oib,
    "IT": iva,
    "LV": pvn,
    "NO": norwegian_orgnr,
    "PT": nif,
    "SE": swedish_orgnr,
    "SI": maticna,
    "UA": edrpou,
}
_VAT_ABROAD: Mapping[str, ModuleType] = {"CH": swiss_vat, "GB": british_vat, "NO": mva}
_PREFIXES: Mapping[str, str] = {"GR": "EL"}
_LENIENT = re.compile(r"[0-9A-Z][0-9A-Z ./-]{1,38}[0-9A-Z]")
_FORMATS: Mapping[str, re.Pattern[str]] = {
    "CZ": re.compile(r"[0-9]{8}"),
    "GB": re.compile(r"([0-9]{8}|[A-Z]{2}[0-9]{6}|[A-Z][0-9]{7})"),
    "IE": re.compile(r"[0-9]{5,6}"),
    "NL": re.compile(r"[0-9]{8}"),
    "PL": re.compile(r"[0-9]{10}"),
    "SK": re.compile(r"[0-9]{8}"),
}


class Declaration(StrEnum):
    """What an applicant declares, each by a box of its own that nobody has ticked for them."""

    DOCUMENTS = "documents"
    AUTHORITY = "authority"
    SANCTIONS = "sanctions"
    WAIVER = "waiver"


# The version of the declarations' wording; a new wording is a new version.
WORDING = "2026-1"


@dataclass(frozen=True, slots=True)
class Particulars:
    """How a customer is registered and where it sits; goes into certificates and onto invoices."""

    register_number: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration as evidence: the text that stood beside the box, its hash, the language and the moment (UTC)."""

    key: str
    version: str
    text: str
    sha256: str
    language: str
    declared_at: str


def declared(key: Declaration, *, text: str, language: str, now: datetime) -> Declared:
    """The evidence that `text` was agreed to at `now`."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Declared(key.value, WORDING, text, digest, language, now.isoformat())


def declarations_needed(*, legal_entity: bool) -> frozenset[Declaration]:
    """Who acts for an entity declares that they may (C5); a consumer gives up the withdrawal right (B18)."""
    of_kind = Declaration.AUTHORITY if legal_entity else Declaration.WAIVER
    return frozenset({Declaration.DOCUMENTS, Declaration.SANCTIONS, of_kind})


def misfits(particulars: Particulars, *, country: str, legal_entity: bool, position: str) -> list[str]:
    """The fields that do not fit the kind of customer and its country; none for an application that can be taken.

    An entity has a register number and is acted for in a position; a person has neither, nor a VAT number.
    """
    wrong = [name for name in ("street", "city") if not getattr(particulars, name).strip()]
    number, vat = particulars.register_number, particulars.vat_number
    if legal_entity:
        wrong += ["register_number"] if number == "" or register_number(country, number) != number else []
        wrong += ["vat_number"] if vat and vat_number(country, vat) != vat else []
        wrong += [] if position.strip() else ["position"]
    else:
        wrong += [name for name, value in (("register_number", number), ("vat_number", vat)) if value]
    return wrong


def register_number(country: str, text: str) -> str | None:
    """The number of a legal entity in its country's register as we keep it; None if there can be no such number.

    Check digits are computed where the country has some; of a country that we know no format of, any printable
    number is taken.
    """
    plain = " ".join(text.upper().split())
    if country == "LT":
        return _lithuanian(plain.replace(" ", ""))
    if country == "LV":
        return _latvian(plain)
    if country in _REGISTERS:
        return _checked(_REGISTERS[country].validate, text.strip())
    if country in _FORMATS:
        bare = re.sub(r"[ .-]", "", plain)
        return bare if _FORMATS[country].fullmatch(bare) else None
    return plain if _LENIENT.fullmatch(plain) else None


def vat_number(country: str, text: str) -> str | None:
    """The VAT number with its country's prefix (`LT100001234511`); None if there can be no such number.

    By its check digits for the member states, Great Britain, Switzerland and Norway. Whether it is registered is
    another question, asked of VIES when an invoice is made.
    """
    plain = re.sub(r"[ .-]", "", text.upper())
    if country.lower() in eu_vat.MEMBER_STATES:
        prefix = _PREFIXES.get(country, country)
        return _checked(eu_vat.validate, plain if plain.startswith(prefix) else prefix + plain)
    if country in _VAT_ABROAD:
        number = _checked(_VAT_ABROAD[country].validate, plain.removeprefix("GB") if country == "GB" else plain)
        return f"GB{number}" if number and country == "GB" else number
    return plain if _LENIENT.fullmatch(plain) else None


def _checked(validate: Callable[[str], str], text: str) -> str | None:
    try:
        return validate(text)
    except exceptions.ValidationError:
        return None


def _latvian(text: str) -> str | None:
    """Of a legal entity: the same digits as its VAT number has; a person's begin with 0 to 3."""
    number = _checked(pvn.validate, text)
    return number if number and number[0] > "3" else None


def _lithuanian(text: str) -> str | None:
    """Nine digits, of which the last is computed from the others; registered long ago, seven digits without."""
    if re.fullmatch(r"[0-9]{7}", text):
        return text
    if not re.fullmatch(r"[0-9]{9}", text):
        return None
    digits = [int(digit) for digit in text]
    rest = sum(digit * weight for digit, weight in zip(digits, range(1, 9), strict=False)) % 11
    if rest == 10:
        rest = sum(digit * weight for digit, weight in zip(digits, (3, 4, 5, 6, 7, 8, 9, 1), strict=False)) % 11 % 10
    return text if digits[8] == rest else None
