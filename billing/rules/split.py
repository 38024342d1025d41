"""Amounts in parts that add up: whole cents by the largest remainder (B14)."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

_CENT = Decimal("0.01")


def split(total: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """`total` (EUR, two places) in proportion to `weights`, in whole cents whose sum is `total`.

    Each part is rounded down, and the cents that are left go to the largest remainders, the earlier of equals first.
    Raises `ValueError` when there is nothing to split among, or a weight below zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [part.quantize(_CENT, rounding=ROUND_FLOOR) for part in exact]
    left = int((total - sum(parts)) / _CENT)
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[:left]:
        parts[place] += _CENT
    return parts


def equal_parts(total: Decimal, count: int) -> list[Decimal]:
    """`total` in `count` parts that differ by a cent at most; the larger ones first."""
    return split(total, [1] * count)
