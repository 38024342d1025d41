"""Ends an order for an archive timestamp whose job is given up; the sealed file stays as it is."""

from __future__ import annotations

from datetime import datetime

from kernel import jobs
from kernel.errors import NotFound
from kernel.jobs import ClaimedJob
from sealing.actions._archiving import stop_archiving
from sealing.models import SealArchiving


def give_up_archiving(*, job: ClaimedJob, archiving_id: str, now: datetime) -> None:
    """End the order: its deadline passed, or its workers kept dying on it. Whoever is due is ordered anew later."""
    archiving = SealArchiving.objects.filter(id=archiving_id).first()
    if archiving is None:
        raise NotFound
    if archiving.ended_at is not None:
        jobs.finish(job)
    else:
        stop_archiving(job, archiving, "deadline_passed" if job.overdue else "internal_error", now=now)
