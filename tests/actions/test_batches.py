"""Batches: each item for itself, the end of all told once."""

from __future__ import annotations

import io
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from kernel import clock, idempotency, jobs, runner
from kernel.actor import Actor
from kernel.errors import InvalidInput, NotFound, Outage
from kernel.jobs import ClaimedJob
from kernel.models import AuditEntry, Event, IdempotentRequest, Job
from kernel.tenancy.context import customer_schema
from sealing.actions import accept_batch as accepting
from sealing.actions._batches import BatchClosed, TooManyItems
from sealing.actions.accept_batch import AcceptedBatch, accept_batch
from sealing.actions.accept_document import DocumentEmpty, LiveNotAllowed, NewDigest, NewDocument, accept_document
from sealing.actions.add_to_batch import NewItem, add_to_batch
from sealing.actions.close_abandoned_batch import close_abandoned_batch
from sealing.actions.close_batch import close_batch
from sealing.actions.give_up_seal import give_up_seal
from sealing.actions.open_batch import open_batch
from sealing.formats.sample import sample_pdf
from sealing.models import Batch, BatchItem, Seal
from sealing.queries.batches import batch, items_of
from sealing.rules import batches as rules
from sealing.rules.appearance import Appearance
from sealing.rules.requests import SealRequest
from tests.cast import Cast, Member
from tests.faults.conftest import (
    Orders,
    orders,  # noqa: F401 - a fixture
)

PDF = sample_pdf()


def item(name: str = "a.pdf", content: bytes = PDF, **asked: str) -> NewItem:
    return NewItem([NewDocument(name, io.BytesIO(content))], SealRequest(**asked))  # type: ignore[arg-type]  # texts


def send(actor: Actor, items: list[NewItem], *, key: str | None = None, live: bool = True) -> AcceptedBatch:
    return accept_batch(
        actor=actor, items=items, request=SealRequest(), live=live, idempotency_key=key, now=clock.now()
    )


def finished_events() -> list[dict[str, int]]:
    return [event.payload["counts"] for event in Event.objects.filter(name="batch.finished")]


def test_every_item_has_its_own_end_and_the_batch_is_told_of_once(sealing_cast: Cast) -> None:
    actor = sealing_cast.alice.actor
    with customer_schema(actor.customer):
        items = [
            item("good.pdf"),
            item("empty.pdf", b""),
            NewItem([NewDocument("a.txt", io.BytesIO(b"a")), NewDocument("b.txt", io.BytesIO(b"b"))], SealRequest()),
            NewItem(NewDigest("kept.pdf", "sha256", b"too short"), SealRequest()),
            item("broken.pdf", b"%PDF-1.7 and nothing else"),
        ]
        sent = send(actor, items)
        accepted = batch(actor, sent.batch_id)
        assert (accepted.status, accepted.counts["queued"], accepted.counts["refused"]) == ("running", 3, 2)
        assert finished_events() == []

        runner.drain()

    with customer_schema(actor.customer):
        done, page = batch(actor, sent.batch_id), items_of(actor, sent.batch_id)
        assert [(each.name, each.status, (each.failure or ("",))[0]) for each in page.items] == [
            ("good.pdf", "sealed", ""),
            ("empty.pdf", "refused", "document_empty"),
            ("a.txt and 1 more", "sealed", ""),
            ("kept.pdf", "refused", "invalid_input"),
            ("broken.pdf", "refused", "unreadable_pdf"),
        ]
        assert [error.pointer for error in page.items[3].errors] == ["/digest/value"]
    assert (done.status, done.sealed, done.unsealed) == ("finished", 2, 3)
    assert [(counts["sealed"], counts["refused"]) for counts in finished_events()] == [(2, 3)]
    of_items = Event.objects.filter(payload__batch=sent.batch_id).order_by("name").values_list("name", flat=True)
    assert [name for name in of_items if name != "seal.accepted"] == ["seal.published"] * 2 + ["seal.refused"]
    actions = AuditEntry.objects.filter(subject=sent.batch_id).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["batch.opened", "batch.closed"]


def test_a_batch_of_nothing_but_faults_is_finished_at_once(sealing_cast: Cast) -> None:
    actor = sealing_cast.alice.actor
    with customer_schema(actor.customer):
        sent = send(actor, [item(content=b"")])

        assert batch(actor, sent.batch_id).status == "finished"
    assert len(finished_events()) == 1


def test_what_refuses_all_items_refuses_the_batch(sealing_cast: Cast) -> None:
    actor = sealing_cast.alice.actor
    robot = Actor("token", "tok_test", "robot", actor.customer, actor.permissions, live=False)
    no_format = SealRequest(format="stone")
    with customer_schema(actor.customer):
        with pytest.raises(InvalidInput):
            send(actor, [])
        with pytest.raises(TooManyItems):
            send(actor, [item()] * (rules.MAX_ITEMS + 1))
        with pytest.raises(LiveNotAllowed):
            send(robot, [item()])
        with pytest.raises(InvalidInput):
            accept_batch(actor=actor, items=[item()], request=no_format, now=clock.now())
        assert Batch.objects.count() == 0


def test_sent_again_a_batch_goes_on_where_it_broke_off(sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    actor, taken = sealing_cast.alice.actor, []

    def breaking(**arguments: object) -> object:
        if len(taken) == 2:
            raise Outage("the connection to the database")
        taken.append(1)
        return add_to_batch(**arguments)  # type: ignore[arg-type]  # passed on

    def items() -> list[NewItem]:
        return [item(f"{number}.pdf", sample_pdf(str(number))) for number in range(4)]

    with customer_schema(actor.customer):
        monkeypatch.setattr(accepting, "add_to_batch", breaking)
        with pytest.raises(Outage):
            send(actor, items(), key="invoices")
        monkeypatch.undo()
        runner.drain()
    with customer_schema(actor.customer):
        broken_off = Batch.objects.get()
        assert (broken_off.size, broken_off.closed_at) == (2, None)
        again, third = send(actor, items(), key="invoices"), send(actor, items(), key="invoices")
        names = [each.name for each in items_of(actor, again.batch_id).items]
        assert (again.batch_id, again.replayed, third) == (broken_off.id, True, again)
        assert names == ["0.pdf", "1.pdf", "2.pdf", "3.pdf"]
        assert Seal.objects.count() == 4
        runner.drain()
    assert len(finished_events()) == 1
    assert IdempotentRequest.objects.get().reference == again.batch_id


def test_a_seal_by_itself_asks_for_no_batch(sealing_cast: Cast) -> None:
    actor = sealing_cast.alice.actor
    with customer_schema(actor.customer):
        documents = [NewDocument("a.pdf", io.BytesIO(PDF))]
        accept_document(actor=actor, documents=documents, request=SealRequest(), now=clock.now())
    with CaptureQueriesContext(connection) as captured:
        runner.drain()
    assert any("seal.published" in query["sql"] for query in captured)
    assert not any("sealing_batch" in query["sql"] for query in captured)


def test_what_makes_a_batch_that_one_is_as_small_for_items_with_a_logo(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    key_of = idempotency.idempotency_key
    monkeypatch.setattr(
        idempotency, "idempotency_key", lambda value, request: told.append(str(request)) or key_of(value, request)
    )
    actor, asked = sealing_cast.alice.actor, SealRequest(appearance=Appearance(logo=b"x" * 100_000))
    with customer_schema(actor.customer):
        send(actor, [NewItem(DocumentEmpty(), asked)] * 10, key="logo")
        send(actor, [NewItem(DocumentEmpty(), SealRequest())] * 10, key="none")
    assert told[0] != told[1]
    assert len(told[0]) == len(told[1]) < 1_000


@pytest.fixture
def opened(sealing_cast: Cast) -> tuple[Member, str]:
    with customer_schema(sealing_cast.acme.id):
        return sealing_cast.bob, open_batch(actor=sealing_cast.bob.actor, live=False, now=clock.now())


def test_a_closed_batch_takes_nothing_more_and_a_strangers_nothing(
    opened: tuple[Member, str], sealing_cast: Cast
) -> None:
    bob, batch_id = opened
    with customer_schema(bob.customer.id):
        first = add_to_batch(actor=bob.actor, batch_id=batch_id, item=item(), now=clock.now())
        with pytest.raises(NotFound):
            add_to_batch(actor=sealing_cast.alice.actor, batch_id=batch_id, item=item(), now=clock.now())
        for _twice in range(2):
            close_batch(actor=bob.actor, batch_id=batch_id, now=clock.now())
        with pytest.raises(BatchClosed):
            add_to_batch(actor=bob.actor, batch_id=batch_id, item=item(content=b""), now=clock.now())
        with pytest.raises(BatchClosed):
            add_to_batch(actor=bob.actor, batch_id=batch_id, item=item(), now=clock.now())
        assert Seal.objects.get().id == first.outcome.seal_id
        assert Seal.objects.get().live is False


def test_a_batch_holds_a_thousand_items_and_not_one_more(opened: tuple[Member, str]) -> None:
    bob, batch_id = opened
    with customer_schema(bob.customer.id):
        empty = {"code": "document_empty", "detail": "", "errors": []}
        there = rules.MAX_ITEMS - 1
        BatchItem.objects.bulk_create(
            BatchItem(batch_id=batch_id, position=position, problem=empty) for position in range(there)
        )
        Batch.objects.update(size=there)
        last = add_to_batch(actor=bob.actor, batch_id=batch_id, item=item(content=b""), now=clock.now())
        with pytest.raises(TooManyItems):
            add_to_batch(actor=bob.actor, batch_id=batch_id, item=item(), now=clock.now())

        assert isinstance(last.refusal, DocumentEmpty)
        assert items_of(bob.actor, batch_id, after=there - 1).items[0].position == there


@pytest.mark.parametrize(("seconds", "closed"), [(-1, False), (0, True), (1, True)])
def test_a_batch_that_its_browser_left_is_closed_half_an_hour_after_its_last_item(
    opened: tuple[Member, str], seconds: int, closed: bool
) -> None:
    bob, batch_id = opened
    job = Job.objects.get(kind="sealing.close_abandoned_batch")
    with customer_schema(bob.customer.id):
        add_to_batch(actor=bob.actor, batch_id=batch_id, item=item(content=b""), now=job.run_at)
        claimed = ClaimedJob(job.id, job.kind, job.customer_id, job.payload, 1, 1, 0, overdue=False)
        moment = job.run_at + rules.ABANDONED_AFTER + timedelta(seconds=seconds)
        close_abandoned_batch(job=claimed, batch_id=batch_id, now=moment)

        assert (batch(bob.actor, batch_id).status == "finished") is closed
    assert len(finished_events()) == closed
    following = Job.objects.filter(kind=job.kind).exclude(id=job.id)
    assert [each.run_at for each in following] == ([] if closed else [job.run_at + rules.ABANDONED_AFTER])
    if closed:
        assert AuditEntry.objects.get(action="batch.closed").actor_kind == "system"


def test_an_abandoned_batch_is_closed_by_a_worker_whose_clock_is_slow(
    opened: tuple[Member, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, batch_id = opened
    past = clock.now() - timedelta(days=1)
    Job.objects.filter(kind="sealing.close_abandoned_batch").update(run_at=past)
    with customer_schema(bob.customer.id):
        Batch.objects.update(opened_at=past, last_item_at=past)
        monkeypatch.setattr(clock, "now", lambda: past)
        runner.drain()

        assert batch(bob.actor, batch_id).status == "finished"


def test_two_workers_that_end_the_last_two_items_at_once_end_the_batch_once(orders: Orders) -> None:  # noqa: F811 - the fixture
    """Each ends its item with the other's end not yet committed, as often as it takes to be sure."""
    actor = orders.owner.actor
    for _round in range(5):
        with customer_schema(actor.customer):
            sent = send(actor, [item("a.pdf"), item("b.pdf")])
        claimed = [job for _both in range(2) if (job := jobs.claim())]
        together = threading.Barrier(2)

        def end(job: ClaimedJob, together: threading.Barrier = together) -> None:
            with customer_schema(actor.customer):
                together.wait()
                give_up_seal(job=job, seal_id=job.payload["subject"], now=clock.now())
            connections.close_all()

        threads = [threading.Thread(target=end, args=[job]) for job in claimed]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with customer_schema(actor.customer):
            assert batch(actor, sent.batch_id).status == "finished"
        assert Event.objects.filter(name="batch.finished", subject=sent.batch_id).count() == 1
