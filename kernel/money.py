"""Euros. Amounts have two places and unit prices up to six; money is never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CURRENCY = "EUR"
ZERO = Decimal("0.00")
_CENT = Decimal("0.01")


def euros(value: Decimal | int | str) -> Decimal:
    """`value` rounded half up to whole cents: the one rounding, done once per invoice line."""
    return Decimal(value).quantize(_CENT, rounding=ROUND_HALF_UP)
