"""What a transfer says it is for: creditor references (ISO 11649) and numbers of invoices in free text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SERIAL_DIGITS = 6
_RF_LENGTHS = range(5, 26)  # RF, two check digits, then 1 to 21 letters and digits


@dataclass(frozen=True)
class Named:
    """What was found: numbers of documents as we write them, in the order of the text; `doubtful` is what was meant to
    be a reference and has wrong check digits or was cut off, as it was written."""

    numbers: tuple[str, ...]
    doubtful: tuple[str, ...]


def is_creditor_reference(text: str) -> bool:
    """Whether the check digits of an RF reference are right; spaces and case do not matter (ISO 11649, mod 97-10)."""
    reference = _squeezed(text)
    if len(reference) not in _RF_LENGTHS or not re.fullmatch(r"RF\d\d[A-Z0-9]+", reference):
        return False
    turned = reference[4:] + reference[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def named_in(texts: Iterable[str], *, series: Iterable[str]) -> Named:
    """The documents of ours that a payer names, however they wrote them: with spaces, in lower case, run together.

    `series` are the codes that our numbers begin with. A number inside an RF reference counts only with right check
    digits: they are there because people mistype, and they allow for spaces anywhere. A bare number is taken as it is
    written, with or without its leading zeros, and never together with figures that follow it.
    """
    codes = "|".join(sorted((re.escape(code) for code in series), key=len, reverse=True))
    numbers: list[str] = []
    doubtful: list[str] = []
    for text in texts if codes else ():
        for written in re.finditer(rf"RF\d\d({codes})(\d{{4}})?(\d{{6}})?", _squeezed(text)):
            if written[3] and is_creditor_reference(written[0]):
                numbers.append(_number(written[1], written[2], written[3]))
            else:
                doubtful.append(written[0])
        numbers += [_number(*found) for found in _bare_numbers(text.upper(), codes)]
    return Named(tuple(dict.fromkeys(numbers)), tuple(doubtful))


def _bare_numbers(text: str, codes: str) -> list[tuple[str, str, str]]:
    """Series, year and serial of each number that is no part of an RF reference; short ones stand by themselves."""
    gap = "[^A-Z0-9]"
    whole = rf"(?<!RF\d\d)(?<!RF\d\d{gap})({codes}){gap}{{0,3}}(\d{{4}}){gap}{{0,3}}(\d{{6}})(?!\d)"
    short = rf"(?<![A-Z0-9])({codes}){gap}{{0,3}}(\d{{4}}){gap}{{1,3}}(\d{{1,5}})(?!\d)"
    return [*re.findall(whole, text), *re.findall(short, text)]


def _number(code: str, year: str, serial: str) -> str:
    return f"{code}-{year}-{serial.zfill(_SERIAL_DIGITS)}"


def _squeezed(text: str) -> str:
    """Only letters and digits, upper case."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())
