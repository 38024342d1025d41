"""Renewing an archive timestamp in a world that fails: the old file stays until the new one is committed."""

from __future__ import annotations

import hashlib
import signal

import pytest
from django.test import override_settings

from kernel import clock, runner
from kernel.models import Job
from kernel.tenancy.context import customer_schema
from sealing.actions.archive_seal import archive_seal
from sealing.models import SealArchiving
from sealing.queries import seals as queries
from tests.faults.conftest import Orders
from tests.faults.workers import Point, Worker, after, kill, pause, rescue
from tests.invariants import assert_invariants

SHORT_LEASE = override_settings(JOB_LEASE_SECONDS=0.1)
_PERFORM = "sealing.actions.perform_archiving"
STEPS = {
    "the timestamp has come": after("sealing.gateways.archiving", "obtain_timestamp"),
    "the archived file is stored": after(_PERFORM, "_store"),
    "all is written but not committed": after("kernel.outbox", "emit"),
    "it is published, and the old file not yet removed": after(_PERFORM, "_publish"),
}
# Killed here, a worker leaves an object without a row.
LEAVES_AN_OBJECT = {"the archived file is stored", "all is written but not committed"}


def content_of(orders: Orders, seal_id: str) -> bytes:
    with customer_schema(orders.owner.customer.id):
        return b"".join(queries.sealed_content(orders.owner.actor, seal_id).parts)


def ordered(orders: Orders) -> tuple[str, bytes]:
    """A sealed document for which an archive timestamp was ordered, and its file."""
    [seal_id] = orders.place()
    runner.drain()
    with customer_schema(orders.owner.customer.id):
        archive_seal(actor=orders.owner.actor, seal_id=seal_id, now=clock.now())
    return seal_id, content_of(orders, seal_id)


def doomed(point: Point, act: object) -> Worker:
    def work() -> None:
        point.meet(act)  # type: ignore[arg-type]  # kill or pause
        runner.drain()

    with SHORT_LEASE:
        return Worker(work)


def is_as_before(orders: Orders, seal_id: str, content: bytes) -> None:
    assert_invariants()
    seal = orders.see(seal_id)
    assert (seal.level, seal.archiving, seal.archived_until) == ("B-LT", True, None)
    assert content_of(orders, seal_id) == content
    assert orders.claimed() <= orders.stored()


def is_archived_once(orders: Orders, seal_id: str, content: bytes, *, orphans: int = 0) -> None:
    assert_invariants()
    seal, archived = orders.see(seal_id), content_of(orders, seal_id)
    assert (seal.level, seal.archiving) == ("B-LTA", False)
    assert archived.startswith(content)
    assert archived.count(b"/ETSI.RFC3161") == 1
    assert hashlib.sha256(archived).hexdigest() == seal.sealed_sha256
    assert (orders.usage, orders.signatures.number) == (1, 1)
    assert orders.claimed() <= orders.stored()
    assert len(orders.stored() - orders.claimed()) == orphans
    with customer_schema(orders.owner.customer.id):
        assert [each.outcome for each in SealArchiving.objects.all()] == ["archived"]


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_when_leaves_the_archiving_to_the_next(orders: Orders, step: str) -> None:
    seal_id, content = ordered(orders)
    assert doomed(STEPS[step], kill).end() == -signal.SIGKILL
    if not step.startswith("it is published"):
        is_as_before(orders, seal_id, content)
        rescue()
    runner.drain()
    is_archived_once(orders, seal_id, content, orphans=step in LEAVES_AN_OBJECT)


def test_of_two_workers_on_one_archiving_only_the_later_publishes(orders: Orders) -> None:
    seal_id, content = ordered(orders)
    sleeper = doomed(STEPS["the archived file is stored"], pause)
    sleeper.stopped()
    rescue()
    runner.drain()
    is_archived_once(orders, seal_id, content, orphans=1)
    sleeper.resume()
    assert sleeper.end() == 0
    is_archived_once(orders, seal_id, content)


def test_without_a_timestamp_authority_nothing_changes_and_at_the_deadline_the_order_ends(orders: Orders) -> None:
    seal_id, content = ordered(orders)
    with override_settings(TSA_URLS=[]):
        runner.drain()
        is_as_before(orders, seal_id, content)
        job = Job.objects.get(kind="sealing.perform_archiving")
        assert (job.state, job.last_error.partition(":")[0]) == ("queued", "timestamp_unavailable")
        Job.objects.filter(id=job.id).update(run_at=clock.now(), deadline_at=clock.now())
        runner.drain()
    assert_invariants()
    assert (orders.see(seal_id).level, content_of(orders, seal_id)) == ("B-LT", content)
    with customer_schema(orders.owner.customer.id):
        assert [each.outcome for each in SealArchiving.objects.all()] == ["deadline_passed"]
