"""Renewing an archive timestamp in a world that fails: the old file stays until the new one is committed."""

from __future__ import annotations

import hashlib
import signal

import pytest
from django.test import override_settings

from kernel import clock, runner
from kernel.audit import payload_of
from kernel.models import AuditEntry, Job
from kernel.tenancy.context import customer_schema
from sealing.actions.archive_seal import archive_seal
from sealing.actions.delete_documents import delete_documents
from sealing.models import Seal, SealArchiving
from sealing.queries import seals as queries
from tests.faults.conftest import Orders
from tests.faults.workers import Point, Worker, after, kill, pause, rescue
from tests.invariants import assert_invariants
from tests.waiting import somebody_waits_for_a_lock, wait_for

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


def delete(orders: Orders, seal_id: str) -> None:
    with customer_schema(orders.owner.customer.id):
        delete_documents(actor=orders.owner.actor, seal_id=seal_id, now=clock.now())


def nothing_is_left(orders: Orders, outcome: str) -> None:
    """Neither a file nor a digest of one, and the order has ended so."""
    runner.drain()
    assert_invariants()
    assert orders.stored() == set()
    with customer_schema(orders.owner.customer.id):
        ended = SealArchiving.objects.get()
        assert (ended.outcome, ended.sha256, ended.sha256_before) == (outcome, "", "")
        assert set(Seal.objects.values_list("sha256", "object_name")) == {("", None)}
    digests = [payload_of(entry).details for entry in AuditEntry.objects.filter(action__startswith="seal.archiv")]
    assert "sha256" not in str(digests)


@pytest.mark.parametrize("step", [None, "the timestamp has come", "the archived file is stored"])
def test_documents_deleted_before_it_is_published_leave_nothing_to_archive(orders: Orders, step: str | None) -> None:
    seal_id, _content = ordered(orders)
    if step is None:
        delete(orders, seal_id)
    else:
        worker = doomed(STEPS[step], pause)
        worker.stopped()
        delete(orders, seal_id)
        worker.resume()
        assert worker.end() == 0
    nothing_is_left(orders, "document_deleted")


@pytest.mark.parametrize("step", ["end_archiving", "_replace_file", "_publish"])
def test_documents_deleted_while_or_after_it_is_published_take_the_archived_file_with_them(
    orders: Orders, step: str
) -> None:
    seal_id, _content = ordered(orders)
    worker = doomed(after(_PERFORM, step), pause)
    worker.stopped()
    deleting = Worker(lambda: delete(orders, seal_id))
    if step != "_publish":
        wait_for(somebody_waits_for_a_lock, "the deletion waits for the archiving")
    worker.resume()
    assert (worker.end(), deleting.end()) == (0, 0)
    nothing_is_left(orders, "archived")
