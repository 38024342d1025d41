"""Numbers of documents, and the references that payments name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

SERIES: Mapping[str, str] = {"invoice": "INV", "credit_note": "CRN", "interest_note": "INT"}


def document_number(series: str, year: int, serial: int) -> str:
    """The number of a document: `INV-2026-000123`. Each series begins with 1 every year."""
    return f"{series}-{year}-{serial:06}"


def payment_reference(number: str) -> str:
    """The creditor reference (ISO 11649) of a document's number: `RF` and two check digits before its signs."""
    body = "".join(sign for sign in number.upper() if sign.isalnum())
    digits = "".join(str(int(sign, 36)) for sign in f"{body}RF00")
    return f"RF{98 - int(digits) % 97:02}{body}"


def issue_date(today: date, last: date | None) -> date:
    """The date of the next document of a series: never before that of the one before, even if the clock jumped back."""
    return today if last is None else max(today, last)
