"""The jobs table: enqueue, claim under a lease, finish under a fence, sweep what was left behind.

Leases are measured by the database's clock alone, so that a worker with a wrong clock can do no harm.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from celery import current_app
from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.models import Job

logger = logging.getLogger(__name__)

MAX_CRASHES = 3
_HOUR_SECONDS = 3600
# Fair queueing by start times: a job's turn is the turn being served now, or one after its customer's last, whichever
# is later; who has queued nothing is served next, and who has queued a thousand has a turn in each round like others.
_TURN = """greatest((SELECT last_value FROM kernel_turn),
                    (SELECT max(turn) + 1 FROM kernel_job WHERE customer_id = {customer}))"""
_TURN_IF_DUE = f"CASE WHEN %s <= clock_timestamp() THEN {_TURN.format(customer='%s')} END"
_BELL = "jobs:bell"
_BELL_HEARD_WITHIN_SECONDS = 2  # a worker killed between taking the message and hearing it delays a job this long
_BELL_SILENT_SECONDS = 5.0
_bell_broken_until = 0.0


class FenceLost(Exception):
    """Somebody else has claimed this job since; what was done must be thrown away."""


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this process may work on until its lease ends."""

    id: int
    kind: str
    customer_id: str | None
    payload: dict[str, Any]
    fence: int
    attempts: int
    crashes: int
    overdue: bool


class Task(Protocol):
    """What a job kind `app.name` runs: the function `name` in `app/tasks.py`, perhaps with a last word."""

    def __call__(self, job: ClaimedJob, *, now: datetime) -> None: ...


def on_abandoned(last_word: Task) -> Callable[[Task], Task]:
    """Mark a task with what is called once when its job is given up (deadline passed or crashed too often)."""

    def mark(task: Task) -> Task:
        task.last_word = last_word  # type: ignore[attr-defined]  # a function carries its last word
        return task

    return mark


def waiting_payloads(kind: str, *, customer_id: str) -> list[dict[str, Any]]:
    """What the customer's jobs of a kind are about that wait or run."""
    jobs = Job.objects.filter(kind=kind, customer_id=customer_id, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return list(jobs.values_list("payload", flat=True))


def enqueue(
    kind: str,
    *,
    now: datetime,
    key: str,
    customer_id: str | None = None,
    payload: Mapping[str, Any] | None = None,
    run_at: datetime | None = None,
    deadline_at: datetime | None = None,
) -> None:
    """Queue a job in the caller's transaction; a `key` seen before is the same work and is not queued again."""
    due_at = run_at or now
    job = Job(
        kind=kind,
        key=key,
        customer_id=customer_id,
        payload=dict(payload or {}),
        run_at=due_at,
        turn=RawSQL(_TURN_IF_DUE, [due_at, customer_id]),  # noqa: S611 - a constant
        deadline_at=deadline_at,
        created_at=now,
    )
    Job.objects.bulk_create([job], ignore_conflicts=True)
    transaction.on_commit(ring, robust=True)


def enqueue_row(kind: str, *, row_id: str, now: datetime) -> None:
    """Queue the job about one row of those that are due, once an hour; the task finds the id as `subject`.

    So one row's trouble holds up no other: it is tried by itself, ends as a dead letter whose key names the row, and is
    tried anew in the next hour.
    """
    enqueue(kind, now=now, key=f"{kind}:{row_id}:{int(now.timestamp()) // _HOUR_SECONDS}", payload={"subject": row_id})


def one_by_one(act: Callable[[str], int], row_ids: Iterable[str]) -> int:
    """What `act` returns for each row, added up, for a task that does its few rows itself, each in a transaction.

    One that fails holds up no other: the first failure is raised when all have had their turn.
    """
    total, failures = 0, []
    for row_id in row_ids:
        try:
            total += act(row_id)
        except Exception as failure:  # noqa: BLE001 - raised below
            logger.warning("Row %s fails and is passed over: %s", row_id, type(failure).__name__)
            failures.append(failure)
    if failures:
        raise failures[0]
    return total


def ring() -> None:
    """Wake a worker, unless it has yet to hear the ring before: that one will find this job, too.

    Without Redis the sweeper finds the job a few seconds later, so failures are not errors.
    """
    if time.monotonic() < _bell_broken_until:
        return
    try:
        if caches["counters"].add(_BELL, 1, timeout=_BELL_HEARD_WITHIN_SECONDS):
            current_app.send_task("kernel.drain", retry=False, ignore_result=True, expires=60)
    except (OperationalError, RedisError) as error:
        _silence(error)


def hear_bell() -> None:
    """From now on every ring is a new one. Called before claiming, so that no job falls between two rings."""
    try:
        caches["counters"].delete(_BELL)
    except RedisError as error:
        _silence(error)


def _silence(error: Exception) -> None:
    global _bell_broken_until
    _bell_broken_until = time.monotonic() + _BELL_SILENT_SECONDS
    logger.warning("The queue's bell is out of order: %s", type(error).__name__)


_CLAIM = """
    UPDATE kernel_job SET state = 'running', attempts = attempts + 1, fence = fence + 1,
           lease_until = clock_timestamp() + make_interval(secs => %s)
     WHERE id = (SELECT id FROM kernel_job WHERE state = 'queued' AND turn IS NOT NULL
                  ORDER BY turn, run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, customer_id, payload, fence, attempts, crashes,
              coalesce(deadline_at <= clock_timestamp(), false),
              setval('kernel_turn', greatest(turn, (SELECT last_value FROM kernel_turn)))
"""

_LINE_UP = f"""
    WITH due AS (SELECT id, customer_id, run_at FROM kernel_job WHERE state = 'queued' AND turn IS NULL
                    AND run_at <= clock_timestamp() FOR UPDATE SKIP LOCKED),
         lines AS (SELECT customer_id, array_agg(id ORDER BY run_at, id) AS ids,
                          {_TURN.format(customer="due.customer_id")} AS first
                     FROM due GROUP BY customer_id)
    UPDATE kernel_job SET turn = lines.first + CASE WHEN lines.customer_id IS NULL THEN 0 ELSE place - 1 END
      FROM lines CROSS JOIN unnest(lines.ids) WITH ORDINALITY AS placed (job_id, place)
     WHERE id = job_id
"""


def claim() -> ClaimedJob | None:
    """Take the job whose turn it is, or None. Committed at once: from here on the attempt counts."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [settings.JOB_LEASE_SECONDS])
        row = cursor.fetchone()
        if row is None and _line_up():
            cursor.execute(_CLAIM, [settings.JOB_LEASE_SECONDS])
            row = cursor.fetchone()
    if row is None:
        return None
    job_id, kind, customer_id, payload, fence, attempts, crashes, overdue, _turn = row
    return ClaimedJob(job_id, kind, customer_id, json.loads(payload), fence, attempts, crashes, overdue)


def _line_up() -> int:
    """Give the jobs that have become due their turn; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_LINE_UP)
        lined_up: int = cursor.rowcount
    return lined_up


def finish(job: ClaimedJob) -> None:
    """Mark the job done in the caller's transaction; raises `FenceLost` if somebody else holds it now."""
    _end(job, Job.State.DONE)


def refuse(job: ClaimedJob, reason: str) -> None:
    """Mark the job refused: it will never be tried again."""
    _end(job, Job.State.REFUSED, reason)


def bury(job: ClaimedJob, reason: str) -> None:
    """Put the job among the dead letters, where staff see it."""
    _end(job, Job.State.DEAD, reason)
    logger.error("Job %s (%s) given up: %s", job.id, job.kind, reason)


def _end(job: ClaimedJob, state: Job.State, reason: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_job SET state = %s, last_error = %s, lease_until = NULL, finished_at = clock_timestamp()"
            " WHERE id = %s AND fence = %s AND state = 'running'",
            [state.value, reason, job.id, job.fence],
        )
        if cursor.rowcount != 1:
            raise FenceLost(f"job {job.id} fence {job.fence}")


def retry(job: ClaimedJob, reason: str, *, crashed: bool = False) -> None:
    """Queue the job again after a pause that doubles with every attempt, up to a minute, with jitter."""
    pause_seconds = min(60.0, 0.5 * 2 ** min(job.attempts, 8)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_job SET state = 'queued', turn = NULL, lease_until = NULL, last_error = %s,"
            " crashes = crashes + %s, run_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = %s AND fence = %s AND state = 'running'",
            [reason, int(crashed), pause_seconds, job.id, job.fence],
        )
        if cursor.rowcount != 1:
            raise FenceLost(f"job {job.id} fence {job.fence}")


def sweep() -> int:
    """Queue again what a dead worker left behind, line up what is due and wake the workers; returns the rescued.

    Rows that somebody holds are left for the next time: whoever froze while publishing must not hold up the sweeper.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_job SET state = 'queued', turn = NULL, lease_until = NULL, crashes = crashes + 1,"
            " last_error = 'the worker went away' WHERE id IN (SELECT id FROM kernel_job WHERE state = 'running'"
            " AND lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED)"
        )
        rescued: int = cursor.rowcount
        _line_up()
        cursor.execute("SELECT EXISTS (SELECT FROM kernel_job WHERE state = 'queued' AND turn IS NOT NULL)")
        due = cursor.fetchone()[0]
    if due:
        ring()
    return rescued


def raise_dead_letter(*, actor: Actor, job_id: int, now: datetime) -> None:
    """Give a dead letter another life of its full length. Raises `NotFound` when there is no such dead letter."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(id=job_id, state=Job.State.DEAD).first()
        if job is None:
            raise NotFound
        life = job.deadline_at - job.created_at if job.deadline_at else None
        Job.objects.filter(id=job_id).update(
            state=Job.State.QUEUED,
            turn=None,
            run_at=now,
            crashes=0,
            finished_at=None,
            deadline_at=now + life if life else None,
        )
        audit.record(actor=actor, action="job.raised", now=now, customer_id=job.customer_id, subject=str(job_id))
    transaction.on_commit(ring, robust=True)
