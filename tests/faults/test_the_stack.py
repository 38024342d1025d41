"""Parts of the running stack are killed, emptied and taken away while seals are on their way; none is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from sealing.formats.sample import sample_pdf
from tests.stack import RunningStack
from tests.waiting import wait_for

pytestmark = pytest.mark.stack

CALLERS = 4


@pytest.fixture(autouse=True)
def _heal(stack: RunningStack) -> Iterator[None]:
    """The stack is well before and after, its invariants hold, and what was published has been charged once."""
    stack.wait_until_well()
    yield
    stack.wait_until_well()
    stack.invariants_hold()


def order(stack: RunningStack, count: int) -> list[str]:
    """Accepted orders, placed by several callers at once."""

    def place(number: int) -> str:
        accepted = stack.order(sample_pdf(f"Document {number}"))
        assert accepted.status in {201, 202}, accepted
        return str(accepted.json["id"])

    with ThreadPoolExecutor(CALLERS) as callers:
        return list(callers.map(place, range(count)))


def all_sealed_and_charged_once(stack: RunningStack, seal_ids: list[str], used: int) -> None:
    ends = [stack.finished(seal_id, seconds=90) for seal_id in seal_ids]
    assert [end["status"] for end in ends] == ["sealed"] * len(seal_ids), ends
    assert stack.used() == used + len(seal_ids)


def test_without_redis_orders_are_accepted_and_afterwards_made(stack: RunningStack) -> None:
    used = stack.used()
    server = stack.process("redis")
    os.kill(server, signal.SIGSTOP)  # it hangs, which is worse than being gone
    try:
        seal_ids = order(stack, 6)
    finally:
        os.kill(server, signal.SIGKILL)

    seal_ids += order(stack, 6)
    all_sealed_and_charged_once(stack, seal_ids, used)


def test_an_emptied_redis_loses_no_order(stack: RunningStack) -> None:
    used = stack.used()
    bell = redis.Redis.from_url(stack.variables()["REDIS_URL"])

    with ThreadPoolExecutor(1) as caller:
        ordering = caller.submit(order, stack, 24)
        while not ordering.done():
            bell.flushall()
    bell.flushall()

    all_sealed_and_charged_once(stack, ordering.result(), used)


def test_a_bell_that_rings_a_hundred_times_seals_once(stack: RunningStack) -> None:
    used = stack.used()
    url = stack.variables()["REDIS_URL"]

    from celery import Celery

    bell = Celery(broker=url, set_as_current=False)  # our own tests in this process ring another
    with bell.producer_pool.acquire(block=True) as producer:
        seal_ids = []
        for _ in range(10):
            seal_ids += order(stack, 1)
            for _ring in range(10):
                bell.send_task("kernel.drain", queue="sealport", ignore_result=True, expires=60, producer=producer)
    bell.close()

    all_sealed_and_charged_once(stack, seal_ids, used)


def test_killed_workers_and_web_servers_lose_no_accepted_order(stack: RunningStack) -> None:
    used = stack.used()
    seal_ids = order(stack, 8)
    for child in stack.children("worker"):
        os.kill(child, signal.SIGKILL)
    seal_ids += order(stack, 8)
    stack.kill("worker")
    for child in stack.children("web"):
        os.kill(child, signal.SIGKILL)
    wait_for(lambda: _answers(stack), "the web server answers")
    seal_ids += order(stack, 8)

    all_sealed_and_charged_once(stack, seal_ids, used)


def test_a_worker_frozen_past_its_lease_disturbs_nothing(stack: RunningStack) -> None:
    used = stack.used()
    seal_ids = order(stack, 8)
    frozen = stack.children("worker")[-1]
    os.kill(frozen, signal.SIGSTOP)
    try:
        seal_ids += order(stack, 8)
        all_sealed_and_charged_once(stack, seal_ids, used)
    finally:
        os.kill(frozen, signal.SIGCONT)

    assert stack.used() == used + len(seal_ids)


def test_a_token_taken_out_of_the_running_hsm_delays_seals_and_replaces_the_workers(stack: RunningStack) -> None:
    used, tokens = stack.used(), Path(stack.var, "softhsm", "tokens")
    all_sealed_and_charged_once(stack, order(stack, 2), used)
    before = set(stack.children("worker"))

    tokens.rename(tokens.with_name("taken out"))
    try:
        seal_ids = order(stack, 4)
        wait_for(lambda: _delays(stack, seal_ids) and not before & set(stack.children("worker")), "workers replaced")
        assert stack.api("GET", "/usage").status == 200
    finally:
        tokens.with_name("taken out").rename(tokens)

    all_sealed_and_charged_once(stack, seal_ids, used + 2)


def test_the_database_crashing_loses_no_accepted_order(stack: RunningStack) -> None:
    used = stack.used()
    seal_ids = order(stack, 8)
    stack.kill("postgres")
    wait_for(lambda: _answers(stack), "the database answers again")

    seal_ids += order(stack, 4)
    all_sealed_and_charged_once(stack, seal_ids, used)


def _answers(stack: RunningStack) -> bool:
    try:
        return stack.is_well() and stack.api("GET", "/usage").status == 200
    except OSError:
        return False


def _delays(stack: RunningStack, seal_ids: list[str]) -> bool:
    """Whether all of them wait, each with its reason."""
    told = [stack.api("GET", f"/seals/{seal_id}").json for seal_id in seal_ids]
    return all(seal["delay"] and seal["delay"]["code"].startswith("hsm_") for seal in told)
