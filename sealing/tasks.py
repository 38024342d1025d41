"""The door for the queue."""

from __future__ import annotations

from datetime import datetime

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import ClaimedJob, on_abandoned
from sealing.actions import queue_renewals as queueing
from sealing.actions import renew_archives as renewing
from sealing.actions.give_up_archiving import give_up_archiving
from sealing.actions.give_up_seal import give_up_seal
from sealing.actions.perform_archiving import perform_archiving as perform_ordered_archiving
from sealing.actions.perform_seal import perform_seal as perform


def _give_up(job: ClaimedJob, *, now: datetime) -> None:
    give_up_seal(job=job, seal_id=job.payload["subject"], now=now)


@on_abandoned(_give_up)
def perform_seal(job: ClaimedJob, *, now: datetime) -> None:
    perform(job=job, seal_id=job.payload["subject"], clock=clock.database_clock())


def _give_up_archiving(job: ClaimedJob, *, now: datetime) -> None:
    give_up_archiving(job=job, archiving_id=job.payload["archiving"], now=now)


@on_abandoned(_give_up_archiving)
def perform_archiving(job: ClaimedJob, *, now: datetime) -> None:
    """Give a sealed file the archive timestamp that was ordered."""
    perform_ordered_archiving(job=job, archiving_id=job.payload["archiving"], clock=clock.database_clock())


def queue_renewals(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: have each customer's archive timestamps looked at."""
    queueing.queue_renewals(now=now)


def renew_archives(job: ClaimedJob, *, now: datetime) -> None:
    """Order the renewals that are due for one customer."""
    renewing.renew_archives(actor=Actor.system(job.kind, customer_id=job.customer_id), now=now)
