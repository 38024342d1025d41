"""From a document to a sealed one: accepted, performed, published once, or refused and free."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import default_storage
from django.db import connection

from billing.queries import quota
from kernel import clock, idempotency, jobs, runner
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import AuditEntry, CustomerKey, Event, Job
from kernel.tenancy.context import customer_schema
from sealing.actions import accept_document as accepting
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.formats.sample import sample_pdf
from sealing.models import Document, Seal
from sealing.queries import seals as queries
from sealing.rules.requests import SealRequest
from tests.cast import Cast, Member
from tests.second_opinions import assert_validly_contained
from trust.actions.retire_certificate import retire_certificate
from trust.queries import certificates_of

PDF = sample_pdf()


def accept(actor: Actor, content: bytes = PDF, name: str = "contract.pdf", **wishes: Any) -> accepting.Accepted:
    return accept_all(actor, [NewDocument(name, io.BytesIO(content), wishes.pop("sha256", None))], **wishes)


def accept_all(actor: Actor, documents: list[NewDocument], **wishes: Any) -> accepting.Accepted:
    asked = ("level", "reference", "reason", "location", "contact", "format", "container")
    request = SealRequest(**{key: wishes.pop(key) for key in asked if key in wishes})
    with customer_schema(actor.customer):
        return accept_document(actor=actor, documents=documents, request=request, now=clock.now(), **wishes)


def outcome(actor: Actor, seal_id: str) -> queries.SealView:
    with customer_schema(actor.customer):
        return queries.seal(actor, seal_id)


def content(actor: Actor, seal_id: str) -> bytes:
    with customer_schema(actor.customer):
        return b"".join(queries.sealed_content(actor, seal_id).parts)


def used(member: Member) -> int:
    figures = quota(customer_id=member.customer.id, now=clock.now())
    assert figures is not None
    return figures.used


def make_due() -> None:
    Job.objects.filter(state="queued").update(run_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00"))


def events(name: str) -> int:
    return Event.objects.filter(name=name).count()


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_a_document_comes_back_sealed_and_is_billed_once(sealing_cast: Cast, level: str) -> None:
    alice = sealing_cast.alice

    accepted = accept(alice.actor, level=level)
    assert outcome(alice.actor, accepted.seal_id).status == "queued"
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    sealed = content(alice.actor, accepted.seal_id)
    assert (seal.status, seal.level, seal.billable, seal.failure) == ("sealed", level, True, None)
    assert sealed.startswith(PDF)
    assert (len(sealed), hashlib.sha256(sealed).hexdigest()) == (seal.sealed_size, seal.sealed_sha256)
    assert seal.timestamp_at is not None
    assert abs(seal.timestamp_at - clock.now()) < timedelta(seconds=60)
    assert used(alice) == 1
    assert (events("seal.accepted"), events("seal.published")) == (1, 1)


def test_a_test_seal_is_marked_and_never_billed(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice

    accepted = accept(alice.actor, live=False)
    runner.drain()

    assert outcome(alice.actor, accepted.seal_id).billable is False
    assert b"TEST" in content(alice.actor, accepted.seal_id)
    assert used(alice) == 0


def test_a_test_token_can_neither_make_nor_see_live_seals(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice.actor
    live = accept(alice)
    robot = replace(alice, kind="token", id="tok_robot", live=False)

    with pytest.raises(accepting.LiveNotAllowed):
        accept(robot, live=True)
    with pytest.raises(NotFound):
        outcome(robot, live.seal_id)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"no pdf at all", "not_a_pdf"), (b"%PDF-1.7\ngarbage", "unreadable_pdf"), (PDF[:300], "unreadable_pdf")],
)
def test_a_document_that_cannot_be_sealed_is_refused_for_good_and_free(
    sealing_cast: Cast, content: bytes, code: str
) -> None:
    alice = sealing_cast.alice

    accepted = accept(alice.actor, content)
    runner.drain()
    make_due()
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert seal.status == "refused"
    assert seal.failure is not None
    assert seal.failure[0] == code
    assert used(alice) == 0
    assert events("seal.refused") == 1
    with pytest.raises(queries.NotSealedYet):
        self_content(alice.actor, accepted.seal_id)


self_content = content


def test_what_a_customer_wrote_is_not_readable_in_its_tables(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice

    accept(alice.actor, name="merger-plan.pdf", reason="acquisition", reference="project-falcon")

    with customer_schema(alice.customer.id):
        rows = repr([list(model.objects.values()) for model in (Document, Seal)])
        found = queries.seals(alice.actor, reference="project-falcon").items
        missed = queries.seals(alice.actor, reference="project-hawk").items
    public = repr([list(model.objects.values()) for model in (AuditEntry, Event, Job, CustomerKey)])
    for word in ("merger", "acquisition", "falcon"):
        assert word not in rows
        assert word not in public
    assert [(seal.name, seal.reference) for seal in found] == [("merger-plan.pdf", "project-falcon")]
    assert missed == []


def test_the_same_key_and_request_is_one_seal_and_another_request_is_refused(sealing_cast: Cast) -> None:
    alice, mallory = sealing_cast.alice.actor, sealing_cast.mallory.actor

    first = accept(alice, idempotency_key="order-7")
    again = accept(alice, idempotency_key="order-7")
    strangers = accept(mallory, idempotency_key="order-7")

    assert (again.seal_id, first.replayed, again.replayed) == (first.seal_id, False, True)
    assert strangers.seal_id != first.seal_id
    for changes in ({"content": PDF + b"\n"}, {"level": "B-T"}, {"name": "other.pdf"}, {"live": False}):
        with pytest.raises(idempotency.IdempotencyKeyReused):
            accept(alice, idempotency_key="order-7", **changes)


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\nb"])
def test_an_idempotency_key_that_is_none_is_refused(sealing_cast: Cast, key: str) -> None:
    with pytest.raises(idempotency.IdempotencyKeyInvalid):
        accept(sealing_cast.alice.actor, idempotency_key=key)


def test_nothing_is_kept_of_what_is_refused_at_the_door(sealing_cast: Cast, settings: Any) -> None:
    settings.MAX_DOCUMENT_BYTES = len(PDF)
    alice = sealing_cast.alice.actor
    stored_before = stored_objects(alice)

    for wishes, refusal in (
        ({"content": b""}, accepting.DocumentEmpty),
        ({"content": PDF + b"\n"}, accepting.DocumentTooLarge),
        ({"sha256": "00" * 32}, accepting.DigestMismatch),
        ({"level": "B-LTX"}, InvalidInput),
        ({"format": "zip"}, InvalidInput),
        ({"reason": "a\x00b"}, InvalidInput),
        ({"reference": "x" * 81}, InvalidInput),
    ):
        with pytest.raises(refusal):
            accept(alice, **wishes)
    accept(alice, sha256=hashlib.sha256(PDF).hexdigest().upper())

    with customer_schema(alice.customer):
        assert Seal.objects.count() == 1
    assert len(stored_objects(alice)) == len(stored_before) + 1


def stored_objects(actor: Actor) -> list[str]:
    try:
        return default_storage.listdir(actor.customer)[1]
    except FileNotFoundError:
        return []


def test_a_failing_audit_means_that_nothing_was_accepted(sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = sealing_cast.alice.actor
    stored_before = stored_objects(alice)

    def fail(**_: object) -> None:
        raise ConnectionError("the audit trail cannot be written")

    monkeypatch.setattr("kernel.audit.record", fail)
    with pytest.raises(ConnectionError):
        accept(alice)

    with customer_schema(alice.customer):
        assert not Seal.objects.exists()
        assert not Document.objects.exists()
    assert stored_objects(alice) == stored_before


def test_who_lost_the_lease_while_sealing_publishes_nothing(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    accepted = accept(alice.actor)
    slow = jobs.claim()
    assert slow is not None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_job SET lease_until = now() - interval '1 hour' WHERE id = %s", [slow.id])
    jobs.sweep()
    runner.drain()
    before = content(alice.actor, accepted.seal_id)
    objects = stored_objects(alice.actor)

    runner.run(slow)

    assert content(alice.actor, accepted.seal_id) == before
    assert (used(alice), events("seal.published")) == (1, 1)
    assert stored_objects(alice.actor) == objects


def test_a_certificate_retired_after_acceptance_refuses_the_seal(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    accepted = accept(alice.actor)
    for certificate in certificates_of(alice.actor):
        retire_certificate(actor=Actor.system("tests"), certificate_id=certificate.id, now=clock.now())

    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert (seal.status, seal.failure and seal.failure[0]) == ("refused", "no_active_certificate")
    assert used(alice) == 0


def test_an_outage_delays_the_seal_tells_why_and_at_the_deadline_fails_it_free(
    sealing_cast: Cast, settings: Any
) -> None:
    alice = sealing_cast.alice
    accepted = accept(alice.actor)
    settings.TSA_URLS = ["http://127.0.0.1:1/tsa"]
    forget_timestamp_evidence()

    runner.drain()
    waiting = outcome(alice.actor, accepted.seal_id)
    Job.objects.filter(kind="sealing.perform_seal").update(deadline_at=clock.now() - timedelta(seconds=1))
    make_due()
    runner.drain()

    failed = outcome(alice.actor, accepted.seal_id)
    assert (waiting.status, waiting.delay and waiting.delay[0]) == ("waiting_for_timestamp", "timestamp_unavailable")
    assert (failed.status, failed.failure and failed.failure[0]) == ("failed", "timestamp_unavailable")
    assert used(alice) == 0


def forget_timestamp_evidence() -> None:
    from sealing.gateways import engine

    engine._last_evidence.clear()


def test_a_seal_that_does_not_pass_the_gate_reaches_nobody(sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from sealing.gateways import engine

    honest = engine.seal_pdf

    def spoil(**arguments: Any) -> Any:
        made = honest(**arguments)
        target: Path = arguments["target"]
        spoiled = bytearray(target.read_bytes())
        spoiled[20] ^= 1
        target.write_bytes(spoiled)
        return made

    monkeypatch.setattr(engine, "seal_pdf", spoil)
    alice = sealing_cast.alice
    accepted = accept(alice.actor)
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert (seal.status, seal.failure and seal.failure[0]) == ("refused", "seal_check_failed")
    assert used(alice) == 0


def test_a_timestamp_that_needs_more_room_gets_it_with_an_attempt_of_its_own(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealing.gateways.engine._room", [100])
    alice = sealing_cast.alice
    accepted = accept(alice.actor)

    runner.drain()
    delayed = outcome(alice.actor, accepted.seal_id)
    make_due()
    runner.drain()

    assert (delayed.status, delayed.delay and delayed.delay[0]) == ("queued", "timestamp_too_large")
    assert outcome(alice.actor, accepted.seal_id).status == "sealed"
    with customer_schema(alice.customer.id):
        outcomes = [attempt["outcome"] for attempt in queries.attempts_of(alice.actor, accepted.seal_id)]
    assert outcomes == ["timestamp_too_large", "published"]


@pytest.mark.parametrize(
    "failure", [OSError(28, "No space left on device"), EndpointConnectionError(endpoint_url="https://s3.invalid")]
)
def test_a_storage_that_is_away_delays_a_seal_and_costs_it_nothing(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    alice = sealing_cast.alice
    accepted = accept(alice.actor)
    for _attempt in range(jobs.MAX_CRASHES + 1):
        with monkeypatch.context() as broken:
            broken.setattr(default_storage, "save", fail)
            runner.drain()
        make_due()
    delayed = outcome(alice.actor, accepted.seal_id)
    runner.drain()

    assert (delayed.status, delayed.delay and delayed.delay[0]) == ("queued", "storage_unavailable")
    assert outcome(alice.actor, accepted.seal_id).status == "sealed"
    assert used(alice) == 1


def test_members_see_their_own_seals_and_administrators_all(sealing_cast: Cast) -> None:
    alice, bob, carol = sealing_cast.alice.actor, sealing_cast.bob.actor, sealing_cast.carol.actor
    by_alice, by_bob = accept(alice), accept(bob)

    assert outcome(alice, by_bob.seal_id).requested_by_name == "Bob"
    with pytest.raises(NotFound):
        outcome(bob, by_alice.seal_id)
    with pytest.raises(Forbidden):
        accept(carol)
    with pytest.raises(Forbidden):
        outcome(carol, by_alice.seal_id)


def test_pages_of_seals_neither_repeat_nor_skip(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice.actor
    made = [accept(alice).seal_id for _ in range(5)]

    with customer_schema(alice.customer):
        first = queries.seals(alice, limit=2)
        second = queries.seals(alice, limit=2, after=first.next_after)
        third = queries.seals(alice, limit=2, after=second.next_after)

    assert [seal.id for page in (first, second, third) for seal in page.items] == made[::-1]
    assert third.next_after is None


def test_a_customer_without_a_plan_makes_test_seals_but_no_live_ones(sealing_cast: Cast) -> None:
    from billing.actions.record_usage import NoPlan
    from tests.cast import Customers

    people = Customers()
    dora = people.customer("Initech", people.person("Dora"), plan_code=None)
    runner.drain()

    with pytest.raises(NoPlan):
        accept(dora.actor)
    tested = accept(dora.actor, live=False)
    runner.drain()
    assert outcome(dora.actor, tested.seal_id).status == "sealed"


def new(name: str, content: bytes) -> NewDocument:
    return NewDocument(name, io.BytesIO(content))


@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_any_file_comes_back_in_a_sealed_container_and_several_together_count_once(
    sealing_cast: Cast, level: str, tmp_path: Path
) -> None:
    alice = sealing_cast.alice
    files = {"sutartis (žąsis).docx": b"not looked into", "broken.pdf": b"no pdf at all", "contract.pdf": PDF}

    accepted = accept_all(
        alice.actor, [new(*each) for each in files.items()], level=level, reason="Approved", location="Vilnius"
    )
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert (seal.status, seal.format, seal.level, seal.failure) == ("sealed", "asice", level, None)
    assert [(each.name, each.size) for each in seal.documents] == [(n, len(c)) for n, c in files.items()]
    assert seal.name == "sutartis (žąsis).docx and 2 more"
    assert (seal.size, seal.billable, used(alice)) == (sum(map(len, files.values())), True, 1)
    sealed = tmp_path / "sealed.asice"
    sealed.write_bytes(content(alice.actor, accepted.seal_id))
    with zipfile.ZipFile(sealed) as container:
        assert {name: container.read(name) for name in files} == files
        signature = container.read("META-INF/signatures0.xml")
    assert b"<xades:ClaimedRole>Approved</xades:ClaimedRole>" in signature
    assert_validly_contained(sealed)


def test_the_documents_decide_the_format_unless_another_is_asked(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice.actor
    seals = {
        accept_all(alice, [new(name, body) for name, body in files], **asked).seal_id: expected
        for files, asked, expected in (
            ([("a.pdf", PDF)], {}, ("pades", "pades-1", "a-sealed.pdf", "application/pdf")),
            ([("a.bin", PDF)], {}, ("pades", "pades-1", "a-sealed.bin", "application/pdf")),
            ([("a.pdf", PDF)], {"format": "asice"}, ("asice", "asice-1", "a.asice", "application/vnd.etsi.asic-e+zip")),
            ([("a.txt", b"x")], {}, ("asice", "asice-1", "a.asice", "application/vnd.etsi.asic-e+zip")),
            ([("README", b"x")], {}, ("asice", "asice-1", "README.asice", "application/vnd.etsi.asic-e+zip")),
            (
                [("a.pdf", PDF), ("b.pdf", PDF)],
                {},
                ("asice", "asice-1", "a.asice", "application/vnd.etsi.asic-e+zip"),
            ),
        )
    }
    runner.drain()

    for seal_id, (form, version, name, media_type) in seals.items():
        with customer_schema(alice.customer):
            row = Seal.objects.get(id=seal_id)
            sealed = queries.sealed_content(alice, seal_id)
        assert (row.status, row.format, row.engine_version) == ("sealed", form, version)
        assert (sealed.name, sealed.media_type) == (name, media_type)


def test_a_test_seal_says_so_in_its_container(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    marked = {
        accept(alice.actor, b"x", "a.txt", live=False): b"<xades:ClaimedRole>TEST</xades:ClaimedRole>",
        accept(alice.actor, b"x", "a.txt", live=False, reason="Approved"): b"TEST Approved</xades:ClaimedRole>",
    }
    runner.drain()

    for accepted, words in marked.items():
        assert words in content(alice.actor, accepted.seal_id)
    assert used(alice) == 0


@pytest.mark.parametrize(
    ("names", "wishes", "pointer", "code"),
    [
        (["a.txt", "a.txt"], {}, "/documents/1/name", "duplicate_name"),
        (["a.txt", "b.txt", "x/A.TXT"], {}, "/documents/2/name", "duplicate_name"),
        (["a.txt", "mimetype"], {}, "/documents/1/name", "reserved_name"),
        (["../META-INF"], {}, "/documents/0/name", "reserved_name"),
        (["ž" * 200], {}, "/documents/0/name", "unsafe_name"),
        (["a\uffff.txt"], {}, "/documents/0/name", "unsafe_name"),
        (["a.pdf", "b.pdf"], {"format": "pades"}, "/format", "one_document_only"),
        (["a.txt"], {"contact": "us@example.org"}, "/contact", "pdf_only"),
        (["a.txt"], {"container": "zip"}, "/container", "container_unknown"),
        (["a.pdf"], {"container": "edoc"}, "/container", "no_container"),
        (["a.txt"], {"reason": "half of \ud83d"}, "/reason", "control_characters"),
        ([], {}, "/documents", "required"),
    ],
)
def test_what_no_container_can_hold_is_refused_at_the_door(
    sealing_cast: Cast, names: list[str], wishes: dict[str, Any], pointer: str, code: str
) -> None:
    alice = sealing_cast.alice.actor
    before = stored_objects(alice)

    with pytest.raises(InvalidInput) as refusal:
        accept_all(alice, [new(name, b"x") for name in names], **wishes)

    assert [(error.pointer, error.code) for error in refusal.value.errors] == [(pointer, code)]
    assert stored_objects(alice) == before


def test_the_limits_are_those_of_all_documents_together(sealing_cast: Cast, settings: Any) -> None:
    settings.MAX_DOCUMENT_BYTES = 100
    alice = sealing_cast.alice.actor

    accept_all(alice, [new(f"{number}.txt", b"x") for number in range(100)])
    with pytest.raises(accepting.TooManyDocuments):
        accept_all(alice, [new(f"{number}.txt", b"x") for number in range(101)])
    accept_all(alice, [new("a.txt", bytes(60)), new("b.txt", bytes(40))])
    with pytest.raises(accepting.DocumentTooLarge):
        accept_all(alice, [new("a.txt", bytes(60)), new("b.txt", bytes(41))])
    with pytest.raises(accepting.DocumentEmpty):
        accept_all(alice, [new("a.txt", b"x"), new("b.txt", b"")])


def test_when_one_of_several_documents_cannot_be_stored_none_is(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = sealing_cast.alice.actor
    before, honest, written = stored_objects(alice), accepting.vault.write_object, []

    def fail_at_the_third(customer_id: str, file: Any) -> Any:
        if len(written) == 2:
            raise OSError("the disk is full")
        written.append(honest(customer_id, file))
        return written[-1]

    monkeypatch.setattr(accepting.vault, "write_object", fail_at_the_third)
    with pytest.raises(OSError, match="disk is full"):
        accept_all(alice, [new(f"{number}.txt", b"x") for number in range(4)])

    assert len(written) == 2
    assert stored_objects(alice) == before


def test_a_container_that_does_not_pass_the_gate_reaches_nobody(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sealing.gateways import engine

    honest = engine.seal_container

    def spoil(**arguments: Any) -> Any:
        made = honest(**arguments)
        target: Path = arguments["target"]
        target.write_bytes(target.read_bytes().replace(b"figures", b"figurez"))
        return made

    monkeypatch.setattr(engine, "seal_container", spoil)
    alice = sealing_cast.alice
    accepted = accept(alice.actor, b"figures", "report.csv")
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert (seal.status, seal.failure and seal.failure[0]) == ("refused", "seal_check_failed")
    assert used(alice) == 0
