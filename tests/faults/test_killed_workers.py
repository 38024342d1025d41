"""A worker may be killed at any moment: nothing is lost, nothing is charged twice, nothing is half delivered."""

from __future__ import annotations

import signal

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from kernel import jobs, runner
from kernel.models import Job
from tests.faults.conftest import Orders
from tests.faults.workers import STEPS, Point, Worker, after, before, kill, pause, rescue
from tests.invariants import assert_invariants
from tests.waiting import wait_for

SHORT_LEASE = override_settings(JOB_LEASE_SECONDS=0.1)
# Killed here, a worker leaves an object whose row was never committed.
LEAVES_AN_OBJECT = {"the sealed file is stored", "all is written but not committed"}


def doomed(point: Point, act: object = kill) -> Worker:
    def work() -> None:
        point.meet(act)  # type: ignore[arg-type]  # kill or pause
        runner.drain()

    with SHORT_LEASE:
        return Worker(work)


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_when_leaves_the_seal_to_the_next(orders: Orders, step: str) -> None:
    [seal_id] = orders.place()

    assert doomed(STEPS[step]).end() == -signal.SIGKILL
    if step == "it is published":
        orders.each_delivered_once(seal_id)
    else:
        orders.nothing_delivered(seal_id)
        rescue()
    runner.drain()

    orders.each_delivered_once(seal_id, orphans=step in LEAVES_AN_OBJECT)


def test_a_document_that_kills_its_workers_is_given_up_and_not_charged(orders: Orders) -> None:
    [seal_id] = orders.place()

    for _crash in range(3):
        assert doomed(STEPS["the HSM has signed"]).end() == -signal.SIGKILL
        rescue()
    runner.drain()

    seal = orders.see(seal_id)
    assert (seal.status, seal.failure and seal.failure[0]) == ("failed", "internal_error")
    orders.nothing_delivered(seal_id)
    assert orders.signatures.number == 3


@pytest.mark.parametrize("step", ["the HSM has signed", "the sealed file is stored"])
def test_a_worker_that_slept_past_its_lease_publishes_nothing(orders: Orders, step: str) -> None:
    [seal_id] = orders.place()

    sleeper = doomed(STEPS[step], pause)
    sleeper.stopped()
    rescue()
    runner.drain()
    orders.each_delivered_once(seal_id, orphans=step in LEAVES_AN_OBJECT)
    sleeper.resume()

    assert sleeper.end() == 0
    orders.each_delivered_once(seal_id)


def test_a_worker_that_froze_while_publishing_holds_up_nobody_and_publishes_nothing(orders: Orders) -> None:
    [seal_id] = orders.place()

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 3000")
        STEPS["all is written but not committed"].meet(pause)
        runner.drain()

    with SHORT_LEASE:
        sleeper = Worker(work)
    sleeper.stopped()
    wait_for(lease_is_over, "the end of its lease")
    assert jobs.sweep() == 0, "the sweeper waits for nobody, and takes nothing that is locked"
    others = orders.place(2)
    runner.drain()
    assert [orders.see(other).status for other in others] == ["sealed", "sealed"]

    rescue()  # once the database has ended the frozen transaction
    runner.drain()
    sleeper.resume()
    sleeper.end()
    orders.each_delivered_once(seal_id, *others)


def lease_is_over() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM kernel_job WHERE lease_until < clock_timestamp())")
        return bool(cursor.fetchone()[0])


def test_the_settings_let_the_database_end_a_frozen_transaction(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'")
        assert cursor.fetchone() == (settings.JOB_LEASE_SECONDS * 1000,)


def test_four_workers_starting_at_once_share_the_work(orders: Orders) -> None:
    seal_ids = orders.place(16)

    workers = [Worker() for _ in range(4)]
    assert [worker.end() for worker in workers] == [0] * 4
    runner.drain()  # what an outage of a moment put off is due again

    orders.each_delivered_once(*seal_ids)
    assert Job.objects.exclude(state="done").count() == 0


def test_a_request_killed_before_it_was_accepted_leaves_no_order(orders: Orders) -> None:
    def work() -> None:
        before("sealing.actions.accept_document", "_queue").meet(kill)
        orders.place()

    assert Worker(work).end() == -signal.SIGKILL

    assert_invariants()
    assert orders.claimed() == set()
    assert len(orders.stored()) == 1  # encrypted, and known to nobody
    assert Job.objects.filter(kind="sealing.perform_seal").count() == 0


def test_a_request_killed_once_accepted_is_done_although_nobody_was_told(orders: Orders) -> None:
    def work() -> None:
        after("sealing.actions.accept_document", "_queue").meet(lambda: None)
        after("kernel.jobs", "ring").meet(kill)
        orders.place()

    assert Worker(work).end() == -signal.SIGKILL
    runner.drain()

    assert (orders.usage, orders.published) == (1, 1)
    assert orders.stored() == orders.claimed()
