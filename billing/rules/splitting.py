"""Splits an amount so that the parts add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

CENTS_PER_EURO = 100


def split(total: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Parts of `total` (EUR, whole cents) in proportion to `weights`, which are none below zero, to the cent.

    Each gets its share rounded down; the cents left over go to the largest remainders, the first of equal ones. Where
    all weights are zero, all parts are.
    """
    whole, cents = sum(weights), int(abs(total) * CENTS_PER_EURO)
    if not whole:
        return [Decimal("0.00") for _ in weights]
    shares = [divmod(cents * weight, whole) for weight in weights]
    left = cents - sum(share for share, _ in shares)
    favoured = set(sorted(range(len(shares)), key=lambda place: -shares[place][1])[:left])
    sign = -1 if total < 0 else 1
    return [Decimal(sign * (share + (place in favoured))).scaleb(-2) for place, (share, _) in enumerate(shares)]
