"""Privacy's scheduled and queued work. Each task may run twice, late and in any order."""

from __future__ import annotations

from datetime import datetime, timedelta

from kernel import clock
from kernel.jobs import ClaimedJob
from privacy.actions import drop_old_consents as dropping
from privacy.catalogue import RULE
from privacy.rules.cookies import last_day_gone

_AT_ONCE = 10_000


def drop_old_consents(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: forget consents given more than 12 months ago (clause D2)."""
    gone = last_day_gone(RULE["consent"], clock.legal_date(now))
    before = clock.legal_midnight(gone + timedelta(days=1))
    while dropping.drop_old_consents(before=before, limit=_AT_ONCE) == _AT_ONCE:
        pass
