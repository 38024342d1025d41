"""The text of a payment code that banking apps scan (EPC069-12, version 002), and accounts as people read them."""

from __future__ import annotations

from decimal import Decimal

_NAME_LENGTH = 70
_LARGEST = Decimal("999999999.99")
_SMALLEST = Decimal("0.01")


def payment_code(*, name: str, iban: str, bic: str, amount: Decimal, reference: str) -> str | None:
    """The code for a transfer of `amount` EUR with a creditor reference (ISO 11649); None where it has no code.

    Amounts lie between a cent and 999 999 999.99. The reference stands in its structured field, so the field of 140
    characters for free text stays empty: a code may have one of them only.
    """
    if not _SMALLEST <= amount <= _LARGEST or not iban or not name:
        return None
    lines = ["BCD", "002", "1", "SCT", bic, name[:_NAME_LENGTH], plain(iban), f"EUR{amount:.2f}", "", reference]
    return "\n".join(lines)


def plain(account: str) -> str:
    """An account or reference as machines want it: no spaces, upper case."""
    return "".join(account.split()).upper()


def in_groups(account: str) -> str:
    """An account or reference as people read it: in groups of four."""
    text = plain(account)
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
