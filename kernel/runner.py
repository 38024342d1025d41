"""Runs claimed jobs: enters the customer's schema, calls the task, and files the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache, partial

from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from kernel import clock, jobs
from kernel.errors import Outage, Refusal
from kernel.jobs import ClaimedJob, FenceLost, Task
from kernel.tenancy.context import customer_schema, find_customer

logger = logging.getLogger(__name__)


def drain(*, limit: int = 200) -> int:
    """Run due jobs until none is left or `limit` is reached; returns how many were run.

    One ring may stand for many jobs, so whoever finds one wakes the next worker.
    """
    return _drain(limit, wake=jobs.ring)


def drain_together(*, threads: int) -> None:
    """`drain` in up to so many threads of this process: while one waits for an authority, the others work.

    Each has a connection of its own and is started when the one before has found something to do.
    """
    pool = _pool(threads)

    def work() -> None:
        close_old_connections()
        _drain(200, wake=wake_next)

    def wake_next() -> None:
        if len(running) == 1:
            jobs.ring()
        if len(running) < threads:
            running.append(pool.submit(work))

    running: list[Future[None]] = []
    running.append(pool.submit(work))
    for future in running:  # which grows meanwhile
        future.result()


def _drain(limit: int, *, wake: Callable[[], None]) -> int:
    jobs.hear_bell()
    for count in range(limit):
        if not may_begin():
            return count
        job = jobs.claim()
        if job is None:
            return count
        if count == 0:
            wake()
        run(job)
    jobs.ring()
    return limit


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="job")


def run(job: ClaimedJob) -> None:
    """Run one claimed job and file its outcome.

    A job that cannot even be given up (its customer is gone, its kind unknown, its last word fails) is buried without
    one after as many tries again.
    """
    try:
        task = _task(job.kind)
        with _place_of(job):
            if job.overdue or job.crashes >= jobs.MAX_CRASHES:
                _abandon(job, task)
            else:
                task(job, now=clock.now())
                with suppress(FenceLost):  # the task has finished it itself
                    jobs.finish(job)
    except FenceLost:
        logger.warning("Job %s (%s) was finished by somebody else", job.id, job.kind)
    except Refusal as refusal:
        _file(jobs.refuse, job, f"{refusal.code}: {refusal.detail}")
    except Outage as outage:
        _file(jobs.retry, job, f"{outage.code}: {outage.detail}")
    except Exception:
        logger.exception("Job %s (%s) failed", job.id, job.kind)
        hopeless = job.crashes >= 2 * jobs.MAX_CRASHES
        _file(jobs.bury if hopeless else partial(jobs.retry, crashed=True), job, "internal error")


def _place_of(job: ClaimedJob) -> AbstractContextManager[object]:
    """The customer's schema. Of a closed customer there is none, but bookkeeping goes on in `public` (clause D4).

    A task that wants the schema then finds no table there, and fails.
    """
    if job.customer_id is None:
        return nullcontext()
    customer = find_customer("id", job.customer_id)
    if customer is not None and not customer.has_schema:
        return nullcontext()
    return customer_schema(job.customer_id)


def _task(kind: str) -> Task:
    app, name = kind.split(".")
    task: Task = import_string(f"{app}.tasks.{name}")
    return task


def _abandon(job: ClaimedJob, task: Task) -> None:
    reason = "the deadline passed" if job.overdue else "it failed too often"
    if last_word := getattr(task, "last_word", None):
        last_word(job, now=clock.now())
    with suppress(FenceLost):  # the last word has ended it
        jobs.bury(job, reason)


def _file(outcome: Callable[[ClaimedJob, str], None], job: ClaimedJob, reason: str) -> None:
    try:
        outcome(job, reason)
    except FenceLost:
        logger.warning("Job %s (%s) was taken over", job.id, job.kind)


def may_begin() -> bool:
    """Whether work may begin now: after a restore the replay of erasures comes first (clause D3)."""
    return all(import_string(question)() for question in settings.WORK_MAY_BEGIN)


def unfit_for_work() -> bool:
    """Whether something in this process asked for its end, such as an HSM library after an error."""
    return any(import_string(question)() for question in settings.PROCESS_FITNESS)
