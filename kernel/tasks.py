"""The bell's tasks: drain the jobs table, sweep it, and queue what is due by the clock."""

from __future__ import annotations

import os
import signal

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from kernel import clock, jobs, runner


@shared_task(name="kernel.drain")
def drain() -> None:
    """Run what is due."""
    runner.drain_together(threads=settings.WORKER_THREADS)
    if runner.unfit_for_work():
        # A vendor's HSM library can be wedged for good after an error; a fresh child logs in anew.
        os.kill(os.getpid(), signal.SIGTERM)


@shared_task(name="kernel.sweep")
def sweep() -> None:
    """Every few seconds: rescue what a dead worker left behind, wake the workers."""
    close_old_connections()
    jobs.sweep()


@shared_task(name="kernel.queue_scheduled")
def queue_scheduled(kind: str, period_seconds: int) -> None:
    """Queue the job of this period once, however many schedulers run."""
    close_old_connections()
    now = clock.now()
    jobs.enqueue(kind, now=now, key=f"{kind}:scheduled:{int(now.timestamp()) // period_seconds}")
