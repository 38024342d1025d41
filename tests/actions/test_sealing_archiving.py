"""Archive timestamps through the product: ordered at a door or by the clock, made once, and until when they hold."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from django.test import Client, override_settings

from billing.queries import usage
from kernel import clock, runner
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput, NotFound
from kernel.models import AuditEntry, Event, Job
from kernel.tenancy.context import customer_schema
from sealing.actions.accept_document import NewDigest, NewDocument, accept_document
from sealing.actions.archive_seal import ArchiveTimestampEnded, CannotBeArchived, archive_seal
from sealing.actions.delete_documents import delete_documents
from sealing.actions.queue_renewals import queue_renewals
from sealing.actions.renew_archives import renew_archives
from sealing.formats.sample import sample_pdf
from sealing.models import Seal, SealArchiving
from sealing.queries import seals as queries
from sealing.queries.seals import NotSealedYet, SealView
from sealing.rules.requests import SealRequest
from tests.cast import Cast, Member
from trust.models import SealCertificate

SECOND = timedelta(seconds=1)
FILES = {"pades": ("contract.pdf", sample_pdf()), "asice": ("notes.txt", b"notes"), "cades": ("film.mkv", b"film")}


def order(member: Member, format_: str = "pades", level: str = "B-LTA", **options: str) -> str:
    name, content = FILES[format_]
    with customer_schema(member.customer.id):
        return accept_document(
            actor=member.actor,
            documents=[NewDocument(name, io.BytesIO(content))],
            request=SealRequest(format=format_, level=level, **options),
            now=clock.now(),
        ).seal_id


def see(member: Member, seal_id: str) -> tuple[SealView, bytes]:
    with customer_schema(member.customer.id):
        found = queries.seal(member.actor, seal_id)
        return found, b"".join(queries.sealed_content(member.actor, seal_id).parts)


def archive(member: Member, seal_id: str, now: datetime | None = None) -> None:
    with customer_schema(member.customer.id):
        archive_seal(actor=member.actor, seal_id=seal_id, now=now or clock.now())


def names(model: type[Event] | type[AuditEntry], subject: str, field: str) -> list[str]:
    return list(model.objects.filter(subject=subject).order_by("id").values_list(field, flat=True))


@pytest.mark.parametrize(("format_", "level"), [("pades", "B-LTA"), ("asice", "B-LTA"), ("cades", "B-T")])
def test_a_seal_of_any_format_gets_another_archive_timestamp_and_nothing_is_charged(
    sealing_cast: Cast, format_: str, level: str, django_capture_on_commit_callbacks
) -> None:
    alice = sealing_cast.alice
    seal_id = order(alice, format_, level)
    runner.drain()
    before, content = see(alice, seal_id)
    assert (before.archived_until is not None) == (level == "B-LTA")
    with customer_schema(alice.customer.id):
        old = Seal.objects.get(id=seal_id).object_name

    archive(alice, seal_id)
    archive(alice, seal_id)  # while one is on its way, another order is the same
    assert see(alice, seal_id)[0].archiving
    with django_capture_on_commit_callbacks(execute=True):
        runner.drain()

    after, archived = see(alice, seal_id)
    assert (after.level, after.archiving, after.billable) == ("B-LTA", False, before.billable)
    assert after.archived_until is not None
    assert after.archived_until > clock.now()
    assert len(archived) == after.sealed_size > len(content)
    assert after.sealed_sha256 != before.sealed_sha256
    assert archived.startswith(content) or format_ != "pades"
    with customer_schema(alice.customer.id):
        assert SealArchiving.objects.get(seal_id=seal_id).outcome == "archived"
        assert Seal.objects.get(id=seal_id).object_name != old
    assert names(Event, seal_id, "name")[-2:] == ["seal.archiving_ordered", "seal.archived"]
    assert names(AuditEntry, seal_id, "action")[-2:] == ["seal.archiving_ordered", "seal.archived"]
    assert usage(customer_id=alice.customer.id, now=clock.now()).used == 1


def test_who_may_not_seal_may_not_archive_and_a_strangers_seal_is_not_found(sealing_cast: Cast) -> None:
    seal_id = order(sealing_cast.alice, level="B-T")
    with pytest.raises(NotSealedYet):
        archive(sealing_cast.alice, seal_id)
    runner.drain()
    with pytest.raises(Forbidden):
        archive(sealing_cast.carol, seal_id)
    for other in (sealing_cast.mallory, sealing_cast.bob):
        with pytest.raises(NotFound):
            archive(other, seal_id)


def test_what_has_no_place_for_an_archive_timestamp_and_what_came_too_late_is_refused(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    with customer_schema(alice.customer.id):

        def from_digest(algorithm: str, size: int, **options: str) -> str:
            return accept_document(
                actor=alice.actor,
                documents=NewDigest("a.pdf", algorithm, bytes(size)),
                request=SealRequest(**options),
                now=clock.now(),
            ).seal_id

        refused = [from_digest("sha256", 32, format="pades", level="B-T"), from_digest("sha512", 64)]
        allowed = from_digest("sha256", 32, level="B-LTA")
        for options, algorithm, size in (({"level": "B-LTA"}, "sha512", 64), ({"container": "edoc"}, "sha256", 32)):
            with pytest.raises(InvalidInput) as wrong:
                from_digest(algorithm, size, **options)
            assert wrong.value.errors[0].code in {"level_needs_sha256", "no_container"}
    runner.drain()
    for seal_id in refused:
        with pytest.raises(CannotBeArchived):
            archive(alice, seal_id)
    until = see(alice, allowed)[0].archived_until
    assert until is not None
    with pytest.raises(ArchiveTimestampEnded):
        archive(alice, allowed, now=until)
    archive(alice, allowed, now=until - SECOND)


def test_a_seal_whose_signer_was_retired_cannot_be_raised_and_stays_as_it_is(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    seal_id, archived_id = order(alice, level="B-LT"), order(alice, level="B-LTA")
    runner.drain()
    SealCertificate.objects.filter(customer=alice.customer).update(state="retired", ended_at=clock.now())
    before = see(alice, seal_id)
    archive(alice, seal_id)
    archive(alice, archived_id)
    runner.drain()
    assert see(alice, seal_id) == before
    with customer_schema(alice.customer.id):
        outcomes = {each.seal_id: each.outcome for each in SealArchiving.objects.all()}
    assert outcomes == {seal_id: "certificate_not_valid", archived_id: "archived"}


def test_the_clock_orders_what_ends_soon_once_and_leaves_the_rest_alone(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    due, lower = order(alice), order(alice, level="B-LT")
    runner.drain()
    until = see(alice, due)[0].archived_until
    assert until is not None
    actor = Actor.system("sealing.renew_archives", customer_id=alice.customer.id)

    def ordered(at: datetime) -> int:
        with customer_schema(alice.customer.id):
            return renew_archives(actor=actor, now=at)

    assert ordered(until - timedelta(days=90)) == 0
    assert ordered(until) == 0, "what has ended cannot be succeeded"
    assert ordered(until - timedelta(days=90) + SECOND) == 1
    assert ordered(until - timedelta(days=90) + 2 * SECOND) == 0
    with customer_schema(alice.customer.id):
        assert [each.seal_id for each in SealArchiving.objects.all()] == [due]
        assert SealArchiving.objects.filter(seal_id=lower).count() == 0
    runner.drain()


def test_a_deleted_seal_is_neither_archived_nor_renewed(sealing_cast: Cast, client: Client) -> None:
    alice = sealing_cast.alice
    seal_id, kept = order(alice), order(alice)
    runner.drain()
    until = see(alice, seal_id)[0].archived_until
    assert until is not None
    with customer_schema(alice.customer.id):
        delete_documents(actor=alice.actor, seal_id=seal_id, now=clock.now())
        actor = Actor.system("sealing.renew_archives", customer_id=alice.customer.id)
        assert renew_archives(actor=actor, now=until - timedelta(days=1)) == 1
        assert [each.seal_id for each in SealArchiving.objects.all()] == [kept]
    answer = client.post(f"/api/v1/seals/{seal_id}/archive", headers={"Authorization": f"Bearer {alice.token()}"})
    assert (answer.status_code, answer.json()["code"]) == (410, "document_deleted")
    page = alice.client().get(alice.url(f"documents/{seal_id}/"))
    assert b"Renew it now" not in page.content
    runner.drain()


def test_every_customer_is_looked_at_and_a_full_run_is_followed_by_another(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealing.actions.renew_archives.MOST_AT_ONCE", 1)
    alice = sealing_cast.alice
    seal_ids = {order(alice), order(alice)}
    runner.drain()
    now = clock.now()
    with override_settings(ARCHIVE_RENEWAL_DAYS=36_500):
        queue_renewals(now=now)
        queue_renewals(now=now)
        jobs = Job.objects.filter(kind="sealing.renew_archives")
        assert {job.customer_id for job in jobs} == {sealing_cast.acme.id, sealing_cast.globex.id}
        assert jobs.count() == 2
        runner.drain()
    with customer_schema(alice.customer.id):
        ended = list(SealArchiving.objects.values_list("seal_id", "outcome"))
    assert set(ended) == {(seal_id, "archived") for seal_id in seal_ids}


@pytest.mark.parametrize(("container", "name"), [("", "notes.asice"), ("edoc", "notes.edoc")])
def test_a_container_is_called_as_asked_and_is_the_same_kind_of_file(
    sealing_cast: Cast, container: str, name: str
) -> None:
    seal_id = order(sealing_cast.alice, "asice", "B-T", container=container)
    runner.drain()
    with customer_schema(sealing_cast.acme.id):
        content = queries.sealed_content(sealing_cast.alice.actor, seal_id)
        assert (content.name, content.media_type) == (name, "application/vnd.etsi.asic-e+zip")
        assert b"".join(content.parts)[30:69] == b"mimetypeapplication/vnd.etsi.asic-e+zip"


def test_the_doors_archive_and_tell_until_when(sealing_cast: Cast, client: Client) -> None:
    alice = sealing_cast.alice
    seal_id = order(alice, level="B-LT")
    runner.drain()
    browser, page = alice.client(), alice.url(f"documents/{seal_id}/")
    assert b"Add an archive timestamp" in browser.get(page).content
    assert browser.post(f"{page}archive/").headers["Location"] == page
    assert b"another one is on its way" in browser.get(page).content
    runner.drain()
    assert b"Renew it now" in browser.get(page).content
    bearer = {"Authorization": f"Bearer {alice.token()}"}
    path = f"/api/v1/seals/{seal_id}"
    answer = client.post(f"{path}/archive", headers=bearer)
    assert (answer.status_code, answer.json()["archiving"]) == (202, True)
    runner.drain()
    told = client.get(path, headers=bearer).json()
    assert (told["level"], told["archiving"]) == ("B-LTA", False)
    assert datetime.fromisoformat(told["archived_until"]) > clock.now()
