"""The receipt of an erasure: how long its link opens, and how counts are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

# Long enough for who is on holiday; the receipt itself is kept, and staff send it later.
LINK_DAYS = 30
RESUMED = "resumed"  # how often an erasure was taken up again; what a step took away before that was not counted


def link_is_open(made_at: datetime, now: datetime) -> bool:
    """Whether a receipt made at that moment can still be fetched by its link: whole days of 24 hours."""
    return now < made_at + timedelta(days=LINK_DAYS)


def added_up(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Both counts together: a step that was done in two attempts counts what both found."""
    return {name: counts.get(name, 0) + more.get(name, 0) for name in [*counts, *(set(more) - set(counts))]}
