"""What becomes of documents after they are sealed: labelled, found, shared, downloaded, deleted."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from accounts.actions.end_membership import end_membership
from accounts.actions.leave_customer import leave_customer
from kernel import clock, runner
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound
from kernel.models import AuditEntry, Job
from kernel.tenancy.context import customer_schema
from sealing.actions import download_documents as downloading
from sealing.actions._labels import LabelExists
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.actions.change_labels import change_labels
from sealing.actions.create_label import TooManyLabels, create_label
from sealing.actions.delete_documents import NameNotConfirmed, SealInProgress, delete_documents
from sealing.actions.delete_label import delete_label
from sealing.actions.destroy_objects import destroy_objects
from sealing.actions.download_documents import DownloadTooLarge, download_documents
from sealing.actions.index_names import index_names
from sealing.actions.rename_label import rename_label
from sealing.actions.share_document import share_document
from sealing.actions.unshare_document import unshare_document
from sealing.formats.sample import sample_pdf
from sealing.models import Document, Seal
from sealing.queries.documents import document_row, documents_page, shares_of, stored_of
from sealing.queries.labels import labels_of
from sealing.queries.seals import DocumentDeleted, sealed_content
from sealing.queries.visibility import Selection
from sealing.rules import labels as label_rules
from sealing.rules.requests import SealRequest
from tests.cast import Cast, Member


def accept(member: Member, name: str, reference: str = "", container: str = "") -> str:
    documents = [NewDocument(name, io.BytesIO(sample_pdf("A document")))]
    request = SealRequest(reference=reference, container=container, format="asice" if container else "")
    with customer_schema(member.customer.id):
        return accept_document(actor=member.actor, documents=documents, request=request, now=clock.now()).seal_id


def found(actor: Actor, **selection: Any) -> list[str]:
    with customer_schema(actor.customer):
        return [row.seal.id for row in documents_page(actor, Selection(**selection)).items]


def objects(customer_id: str) -> int:
    return len(default_storage.listdir(customer_id)[1])


def test_a_document_is_found_by_words_of_its_name_and_reference_and_by_nobody_elses(sealing_cast: Cast) -> None:
    alice, bob = sealing_cast.alice, sealing_cast.bob
    invoice, contract = accept(alice, "Sąskaita-2026-11.pdf", "PO/4711"), accept(alice, "Contract 2026.pdf")
    theirs = accept(bob, "Sąskaita of Bob.pdf")

    assert found(alice.actor, search="saskaita") == [theirs, invoice]
    assert found(alice.actor, search="2026") == [contract, invoice]
    assert found(alice.actor, search="sask 4711") == [invoice]
    assert found(alice.actor, search="contr 4711") == []
    assert found(alice.actor, search="...") == []
    assert found(bob.actor, search="sask") == [theirs]
    assert found(alice.actor, search="sask", reference="PO/4711") == [invoice]
    with customer_schema(alice.customer.id):
        told = " ".join(str(row) for row in Document.objects.values_list("encrypted_name", "search_index"))
    assert "skaita" not in told


def test_documents_from_before_the_search_are_indexed_by_a_job_and_deleted_ones_are_not(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    seal_id = accept(alice, "Old deed.pdf", "R-1")
    with customer_schema(alice.customer.id):
        Document.objects.update(search_index=None)
        assert found(alice.actor, search="deed") == []
        assert index_names(customer_id=alice.customer.id) == 1
        assert index_names(customer_id=alice.customer.id) == 0
    assert found(alice.actor, search="deed r 1") == [seal_id]


def test_labels_are_put_on_taken_off_renamed_and_deleted(sealing_cast: Cast) -> None:
    alice, bob, now = sealing_cast.alice, sealing_cast.bob, clock.now()
    of_alice, of_bob = accept(alice, "a.pdf"), accept(bob, "b.pdf")
    with customer_schema(alice.customer.id):
        board = create_label(actor=bob.actor, name=" Board  papers ", now=now)
        tax = create_label(actor=alice.actor, name="Tax", now=now)
        with pytest.raises(LabelExists):
            create_label(actor=alice.actor, name="BOARD PAPERS", now=now)
        assert change_labels(actor=alice.actor, seal_ids=[of_alice, of_bob], put_on=[board, tax], now=now) == 2
        with pytest.raises(NotFound):  # one of them is not Bob's: none is changed
            change_labels(actor=bob.actor, seal_ids=[of_bob, of_alice], take_off=[tax], now=now)
        assert found(alice.actor, label=tax) == [of_bob, of_alice]
        change_labels(actor=bob.actor, seal_ids=[of_bob], put_on=[board], take_off=None, now=now)
        assert found(alice.actor, label=tax) == [of_alice]
        for step in (
            lambda: rename_label(actor=bob.actor, label_id=tax, name="x", now=now),
            lambda: delete_label(actor=bob.actor, label_id=tax, now=now),
        ):
            with pytest.raises(Forbidden):
                step()
        with pytest.raises(LabelExists):
            rename_label(actor=alice.actor, label_id=tax, name="board papers", now=now)
        rename_label(actor=alice.actor, label_id=tax, name="TAX", now=now)
        delete_label(actor=alice.actor, label_id=board, now=now)
        assert [(label.name, label.documents) for label in labels_of(bob.actor, counted=True)] == [("TAX", 1)]
        assert [label.name for label in document_row(alice.actor, of_alice).labels] == ["TAX"]


def test_there_are_no_more_labels_than_can_be_chosen_from(sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from sealing.actions import create_label as creating

    alice, now = sealing_cast.alice.actor, clock.now()
    assert label_rules.MOST_LABELS == 200
    monkeypatch.setattr(creating, "MOST_LABELS", 2)
    with customer_schema(alice.customer):
        for name in ("one", "two"):
            create_label(actor=alice, name=name, now=now)
        with pytest.raises(TooManyLabels):
            create_label(actor=alice, name="three", now=now)


def test_what_is_shared_is_seen_downloaded_and_nothing_else_until_it_is_taken_back(sealing_cast: Cast) -> None:
    alice, bob, dave, now = sealing_cast.alice, sealing_cast.bob, sealing_cast.dave, clock.now()
    seal_id = accept(bob, "plan.pdf")
    runner.drain()
    with customer_schema(alice.customer.id):
        assert found(dave.actor) == []
        for stranger in (sealing_cast.mallory.membership.id, sealing_cast.carol.membership.id, "mem_invented"):
            with pytest.raises(NotFound):  # not of this customer, or may not read documents at all
                share_document(actor=bob.actor, seal_id=seal_id, member_id=stranger, now=now)
        for _again in range(2):
            share_document(actor=bob.actor, seal_id=seal_id, member_id=dave.membership.id, now=now)
        assert found(dave.actor, shared="with_me") == found(dave.actor) == found(bob.actor, shared="by_me") == [seal_id]
        assert b"".join(sealed_content(dave.actor, seal_id).parts).startswith(b"%PDF")
        [share] = shares_of(dave.actor, seal_id)
        assert (share.member_name, share.shared_by_name) == ("Dave", "Bob")
        row = document_row(dave.actor, seal_id)
        assert (row.shared_with_me, row.manageable) == (True, False)
        for refused in (
            lambda: share_document(actor=dave.actor, seal_id=seal_id, member_id=alice.membership.id, now=now),
            lambda: unshare_document(actor=dave.actor, seal_id=seal_id, member_id=dave.membership.id, now=now),
            lambda: delete_documents(actor=dave.actor, seal_id=seal_id, now=now),
        ):
            with pytest.raises(Forbidden):
                refused()
        unshare_document(actor=alice.actor, seal_id=seal_id, member_id=dave.membership.id, now=now)
        assert found(dave.actor) == []
        with pytest.raises(NotFound):
            sealed_content(dave.actor, seal_id)
    trail = AuditEntry.objects.filter(subject=seal_id, action__startswith="document.").order_by("id")
    assert [entry.action for entry in trail] == ["document.shared", "document.unshared"]


@pytest.mark.parametrize("by_themself", [False, True])
def test_a_member_who_left_and_is_invited_again_gets_back_nothing_that_was_shared(
    sealing_cast: Cast, by_themself: bool
) -> None:
    alice, bob = sealing_cast.alice, sealing_cast.bob
    seal_id = accept(alice, "board.pdf")
    with customer_schema(alice.customer.id):
        share_document(actor=alice.actor, seal_id=seal_id, member_id=bob.membership.id, now=clock.now())
    if by_themself:
        leave_customer(actor=bob.actor, confirmed_name="Acme", now=clock.now())
    else:
        end_membership(actor=alice.actor, membership_id=bob.membership.id, now=clock.now())
    runner.drain()
    bob.membership.status = "active"
    bob.membership.save()
    assert found(bob.actor) == []


def test_a_download_holds_every_sealed_file_whole_and_an_index_that_no_spreadsheet_runs(
    sealing_cast: Cast, tmp_path: Path
) -> None:
    alice = sealing_cast.alice
    seals = [accept(alice, name) for name in ("index.csv.pdf", "same.pdf", "SAME.pdf", "=cmd|calc.pdf")]
    seals.append(accept(alice, "offer.pdf", container="edoc"))
    runner.drain()
    queued, gone = accept(alice, "queued.pdf"), seals[1]
    with customer_schema(alice.customer.id):
        download = download_documents(actor=alice.actor, selection=Selection(), now=clock.now())
        Seal.objects.filter(id=gone).update(sha256="")
        default_storage.delete(Seal.objects.get(id=gone).object_name)  # deleted by somebody while it is being sent
        target = tmp_path / "all.zip"
        target.write_bytes(b"".join(download.parts))
        contents = {each: b"".join(sealed_content(alice.actor, each).parts) for each in seals if each != gone}
    subprocess.run(["unzip", "-tqq", target], check=True)
    with zipfile.ZipFile(target) as archive:
        index = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
        read = {line["id"]: archive.read(line["file"].removeprefix("'")) for line in index}
        assert (len(archive.namelist()), "offer.edoc" in archive.namelist()) == (5, True)
    assert read == contents
    assert queued not in read
    assert next(line["document"] for line in index if line["id"] == seals[3]) == "'=cmd|calc.pdf"
    entry = AuditEntry.objects.get(action="document.downloaded")
    assert set(payload_of(entry).details["seals"]) == set(seals)
    connection.set_schema_to_public()
    with customer_schema(alice.customer.id):
        destroy_all(alice.actor, gone)


def destroy_all(actor: Actor, seal_id: str) -> None:
    delete_documents(actor=actor, seal_id=seal_id, now=clock.now())
    runner.drain()


def test_a_download_beyond_the_limits_says_so_and_gives_nothing(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = sealing_cast.alice
    accept(alice, "a.pdf")
    runner.drain()
    monkeypatch.setattr(downloading, "fits_one_download", lambda documents, size: documents < 1)
    with customer_schema(alice.customer.id), pytest.raises(DownloadTooLarge, match="1 documents"):
        download_documents(actor=alice.actor, selection=Selection(), now=clock.now())
    assert not AuditEntry.objects.filter(action="document.downloaded").exists()


def test_deleting_destroys_all_the_customer_gave_and_leaves_what_proves_the_seal(sealing_cast: Cast) -> None:
    alice, bob, now = sealing_cast.alice, sealing_cast.bob, clock.now()
    seal_id = accept(bob, "secret plan.pdf", "ref-1")
    customer = alice.customer.id
    with customer_schema(customer), pytest.raises(SealInProgress):
        delete_documents(actor=bob.actor, seal_id=seal_id, now=now)
    runner.drain()
    with customer_schema(customer):
        before = stored_of(bob.actor)
        assert (before.seals, objects(customer)) == (1, 2)
        label = create_label(actor=bob.actor, name="Plans", now=now)
        change_labels(actor=bob.actor, seal_ids=[seal_id], put_on=[label], now=now)
        share_document(actor=bob.actor, seal_id=seal_id, member_id=sealing_cast.dave.membership.id, now=now)
        with pytest.raises(NameNotConfirmed):
            delete_documents(actor=bob.actor, seal_id=seal_id, confirmed_name="secret", now=now)
        delete_documents(actor=bob.actor, seal_id=seal_id, confirmed_name=" secret plan.pdf", now=now)
        delete_documents(actor=bob.actor, seal_id=seal_id, now=now)

        assert found(alice.actor) == found(bob.actor, search="secret") == []
        assert found(alice.actor, deleted=True) == [seal_id]
        assert found(bob.actor, deleted=True) == []
        with pytest.raises(DocumentDeleted):
            sealed_content(bob.actor, seal_id)
        for selection in (Selection(deleted=True), Selection(ids=(seal_id,), deleted=True)):
            assert download_documents(actor=alice.actor, selection=selection, now=now).documents == 0
        assert objects(customer) == 2  # until the job has been there
        destroyer = Actor.system("tests", customer_id=customer)
        destroy_objects(actor=destroyer, seal_id=seal_id, now=now)  # killed before its job ended: it comes again
    runner.drain()
    with customer_schema(customer):
        assert objects(customer) == 0
        assert stored_of(alice.actor).size == 0
        view = document_row(alice.actor, seal_id).seal
        assert (view.status, view.deleted_by_name, view.reference) == ("sealed", "Bob", "")
        assert view.timestamp_serial
        assert view.billable
    trail = AuditEntry.objects.filter(subject=seal_id, action__in=["document.deleted", "document.destroyed"])
    assert trail.count() == 3
    assert not Job.objects.filter(state__in=["queued", "running"]).exists()


def test_what_is_stored_is_the_sum_of_originals_and_sealed_files_that_one_sees(sealing_cast: Cast) -> None:
    alice, bob = sealing_cast.alice, sealing_cast.bob
    accept(alice, "a.pdf")
    accept(bob, "b.pdf")
    runner.drain()
    with customer_schema(alice.customer.id):
        every = sum(seal.size for seal in Seal.objects.all()) + sum(each.size for each in Document.objects.all())
        assert stored_of(alice.actor).size == every
        assert 0 < stored_of(bob.actor).size < every
