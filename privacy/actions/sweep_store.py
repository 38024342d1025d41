"""Erases what a sweep finds to be old enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kernel.clock import legal_date
from privacy.actions._days import note_erased
from privacy.actions._holds import holds_kept_still
from privacy.actions._retention import Sweep
from privacy.catalogue import RULE
from privacy.models import RetentionRun
from privacy.queries.retention import gone_before


def sweep_store(
    *, sweep: Sweep, day: RetentionRun, limit: int, now: datetime, time_is_up: Callable[[], bool] = lambda: False
) -> int:
    """Erase batch by batch until nothing is left, `limit` is reached or the time is up; how many went (D5, D2, E9).

    A hold that is placed meanwhile waits for one batch, and covers the next.
    """
    before = gone_before(RULE[sweep.rule], legal_date(now))
    erased = 0
    while erased < limit:
        with holds_kept_still() as spared:
            count = sweep.erase(before=before, limit=min(sweep.batch, limit - erased), spared=spared)
        if not count:
            break
        note_erased(day, count)
        erased += count
        if time_is_up():
            break
    return erased
