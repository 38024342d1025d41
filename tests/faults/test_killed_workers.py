"""A worker may be killed at any moment: nothing is lost, nothing is charged twice, nothing is half delivered."""

from __future__ import annotations

import signal

import pytest
from django.test import override_settings

from kernel import runner
from kernel.models import Job
from tests.faults.conftest import Orders
from tests.faults.workers import STEPS, Point, Worker, after, before, kill, pause, rescue
from tests.invariants import assert_invariants

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
