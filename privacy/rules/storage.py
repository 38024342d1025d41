"""When an object that no row names may be deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from privacy.rules.retention import run_is_suspicious

UNNAMED_FOR = timedelta(hours=24)
"""An object is written before the row that names it is committed; no work takes this long (E3: four hours)."""


def is_abandoned(written_at: datetime, now: datetime) -> bool:
    """Whether an object that no row names is one that none ever will."""
    return now - written_at > UNNAMED_FOR


def may_delete(abandoned: int, objects: int, *, owner_is_closed: bool) -> bool:
    """Whether so many may go without a person looking: many at once mean that rows were lost, not objects forgotten.

    Of a customer whose data were erased no row is left, so all of them are to go.
    """
    return owner_is_closed or not run_is_suspicious(abandoned, objects, ())
