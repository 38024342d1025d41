"""Special terms: from which day they can hold, and which files are taken for the signed document (B17)."""

from __future__ import annotations

from datetime import date

from billing.rules.periods import first_of_month

LARGEST_DOCUMENT = 10 * 1024 * 1024
"""Bytes."""
_HEADER_WITHIN = 1024  # ISO 32000-1, implementation note 13: readers look for the header there


def is_pdf(content: bytes) -> bool:
    """Whether the bytes are those of a PDF file, whatever its name says."""
    return b"%PDF-" in content[:_HEADER_WITHIN] and b"%%EOF" in content[-_HEADER_WITHIN:]


def may_start_on(day: date, *, today: date, opened_until: date | None) -> bool:
    """Whether special terms may begin on `day`: the first of a month that is not over and has not been opened.

    `opened_until` is the first day after the customer's last opened billing period, None without one: prices of a
    month that was opened do not change.
    """
    return day.day == 1 and day >= first_of_month(today) and (opened_until is None or day >= opened_until)
