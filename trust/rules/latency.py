"""How long answers take, counted in steps, so that a year of them needs no more room than a day."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta

# The upper bounds of the steps, in milliseconds; what takes longer counts as the last. Changing them makes what was
# counted before mean something else.
BOUNDS_MS = (5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000)


def step(elapsed: timedelta) -> int:
    """The place in BOUNDS_MS of the first bound that is not exceeded, or the last."""
    return min(bisect_left(BOUNDS_MS, elapsed / timedelta(milliseconds=1)), len(BOUNDS_MS) - 1)


def percentile_ms(counts: Sequence[int], share: float) -> int | None:
    """The bound within which at least this share of what was counted lies; None when nothing was."""
    wanted, seen = share * sum(counts), 0
    for bound, count in zip(BOUNDS_MS, counts, strict=True):
        seen += count
        if seen and seen >= wanted:
            return bound
    return None
