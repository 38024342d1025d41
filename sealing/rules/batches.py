"""A batch: up to a thousand items of one request, each with a seal and a state of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

MAX_ITEMS = 1_000
ABANDONED_AFTER = timedelta(minutes=30)
"""After its last item a batch that nobody closed counts as complete: its browser or program has gone."""


def is_finished(*, closed: bool, unfinished: int) -> bool:
    """Whether nothing can happen in the batch any more: no item can come, and all that came have ended."""
    return closed and unfinished == 0


def abandoned_at(last_item_at: datetime) -> datetime:
    """When a batch will be closed for whoever opened it, if nothing more comes."""
    return last_item_at + ABANDONED_AFTER
