"""Scheduled tasks that queue a job for each row that is due."""

from __future__ import annotations

from datetime import datetime

from django.utils.module_loading import import_string

from kernel.jobs import ClaimedJob
from kernel.models import Job


def carried_out(kind: str, now: datetime) -> int:
    """Run a scheduled task and the jobs that it queues, at `now`; returns how many these were."""
    known = set(Job.objects.values_list("id", flat=True))
    _run(0, kind, {}, now)
    queued = list(Job.objects.exclude(id__in=known).order_by("id"))
    for job in queued:
        _run(job.id, job.kind, job.payload, now)
        job.delete()
    return len(queued)


def _run(job_id: int, kind: str, payload: dict[str, str], now: datetime) -> None:
    app, name = kind.split(".")
    import_string(f"{app}.tasks.{name}")(ClaimedJob(job_id, kind, None, payload, 1, 1, 0, overdue=False), now=now)
