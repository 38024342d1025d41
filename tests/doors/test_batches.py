"""`/api/v1/batches` and the portal's batches: many documents in, each with its own state, one archive out."""

from __future__ import annotations

import base64
import csv
import io
import json
import resource
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from kernel import runner
from kernel.api import encode_cursor
from sealing.api import batch_inputs
from sealing.formats.sample import sample_pdf
from sealing.gateways.archive_stream import ZipEntry, stream_zip
from sealing.rules.batches import MAX_ITEMS
from tests.cast import Cast
from tests.invariants import assert_invariants

PDF = sample_pdf()
BATCHES = "/api/v1/batches"


@pytest.fixture
def api(sealing_cast: Cast) -> Client:
    """A program of Alice's, with a live token."""
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {sealing_cast.alice.token()}")


def send_json(api: Client, body: object, **headers: str) -> Any:
    return api.post(BATCHES, json.dumps(body), content_type="application/json", headers=headers)


def document(name: str, content: bytes = PDF) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


def unpacked(answer: Any, folder: Path) -> dict[str, bytes]:
    """The files of an archive that a tool which is not ours finds nothing wrong with."""
    path = folder / "batch.zip"
    path.write_bytes(answer.getvalue())
    tested = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def test_a_batch_comes_in_as_json_and_goes_out_as_one_archive(api: Client, tmp_path: Path) -> None:
    """The journey of a program: every item with its own fate, and a table of all of them in the archive."""
    items = [
        {"document": document("invoice.pdf"), "reference": "of this item"},
        {"document": document("Invoice.pdf")},
        {"document": {"name": "torn.pdf", "content": "not base64!"}},
        {"documents": [document("a.txt", b"a"), document("b.txt", b"b")], "container": "bdoc"},
        {"digest": {"algorithm": "sha256", "value": base64.b64encode(bytes(32)).decode()}, "level": "B-T"},
        {"document": document("=2+5.pdf", b"%PDF-1.7 and nothing else")},
        {"unknown": 1},
        "not an object",
        {"document": document("c.pdf"), "certificate": "cert_0"},
    ]
    sent = send_json(api, {"items": items, "reference": "of all", "level": "B-LT"})

    assert sent.status_code == 202, sent.content
    batch = sent.json()
    assert (batch["status"], batch["counts"]["queued"], batch["counts"]["refused"]) == ("running", 5, 4)
    assert (sent["X-Seal-Quota-Included"], sent["X-Seal-Overage"]) == ("500", "0")
    assert [item["position"] for item in batch["items"]] == list(range(9))
    wrong = {item["position"]: item["failure"]["errors"][0] for item in batch["items"] if item["failure"]}
    assert {place: (error["pointer"], error["code"]) for place, error in wrong.items()} == {
        2: ("/document/content", "not_base64"),
        6: ("", "required"),
        7: ("", "not_an_object"),
        8: ("/certificate", "not_found"),
    }
    early = api.get(batch["links"]["self"] + "/content")
    assert (early.status_code, early.json()["code"], "content" in batch["links"]) == (409, "batch_not_finished", False)

    runner.drain()
    done = api.get(batch["links"]["self"]).json()
    files = unpacked(api.get(done["links"]["content"]), tmp_path)

    assert (done["status"], done["counts"]["sealed"], done["counts"]["refused"]) == ("finished", 4, 5)
    assert list(files) == ["items.csv", "invoice-sealed.pdf", "Invoice-sealed (2).pdf", "a.bdoc", "document.p7s"]
    rows = list(csv.DictReader(io.StringIO(files["items.csv"].decode())))
    assert [(row["name"], row["file"], row["code"]) for row in rows] == [
        ("invoice.pdf", "invoice-sealed.pdf", ""),
        ("Invoice.pdf", "Invoice-sealed (2).pdf", ""),
        ("torn.pdf", "", "invalid_input"),
        ("a.txt and 1 more", "a.bdoc", ""),
        ("document", "document.p7s", ""),
        ("'=2+5.pdf", "", "unreadable_pdf"),
        ("document", "", "invalid_input"),
        ("document", "", "invalid_input"),
        ("c.pdf", "", "not_found"),
    ]
    assert rows[2]["detail"] == "/document/content: This must be base64."
    references = [api.get(f"/api/v1/seals/{item['seal']}").json()["reference"] for item in batch["items"][:2]]
    assert references == ["of this item", "of all"]
    assert [found["id"] for found in api.get(BATCHES).json()["items"]] == [batch["id"]]


def test_what_was_deleted_is_shown_as_deleted_and_missing_from_the_archive(
    sealing_cast: Cast, api: Client, tmp_path: Path
) -> None:
    alice = sealing_cast.alice
    files = [SimpleUploadedFile(f"{name}.txt", b"text") for name in "abc"]
    batch = api.post(BATCHES, {"file": files, "level": "B-T"}).json()
    runner.drain()
    own, zipped = batch["links"]["self"], batch["links"]["self"] + "/content"
    deleted, *others = (item["seal"] for item in batch["items"])

    assert api.delete(f"/api/v1/seals/{deleted}").status_code == 204
    for _before_and_after_the_files_are_destroyed in range(2):
        found = api.get(own).json()
        first, second = found["items"][:2]
        assert (first["status"], first["name"], first["failure"], second["deleted_at"]) == ("sealed", "", None, None)
        assert first["deleted_at"] == api.get(f"/api/v1/seals/{deleted}").json()["deleted_at"]
        assert (found["status"], found["counts"]["sealed"]) == ("finished", 3)
        unzipped = unpacked(api.get(zipped), tmp_path)
        assert list(unzipped) == ["items.csv", "b.asice", "c.asice"]
        gone = next(csv.DictReader(io.StringIO(unzipped["items.csv"].decode())))
        assert (gone["seal"], gone["name"], gone["file"], gone["code"]) == (deleted, "", "", "")
        assert gone["deleted_at"]
        runner.drain()
    page = alice.client().get(alice.url(f"batches/{batch['id']}/")).content.decode()
    assert page.count("Deleted document") == 1
    assert "1 deleted since" in page
    assert "Download the 2 sealed ones" in " ".join(page.split())
    assert page.count("/content/") == 3

    for seal_id in others:
        api.delete(f"/api/v1/seals/{seal_id}")
    runner.drain()
    assert list(unpacked(api.get(zipped), tmp_path)) == ["items.csv"]
    for path in ("batches/", f"batches/{batch['id']}/"):
        page = alice.client().get(alice.url(path)).content.decode()
        assert ("3 deleted since" in page, "/content/" in page) == (True, False)
    assert_invariants()


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    """A process that may open as many files as processes usually may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (192, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(("count", "code"), [(250, None), (1001, "too_many_items")])
def test_a_form_brings_as_many_files_as_a_batch_holds(
    api: Client, few_descriptors: None, count: int, code: str | None
) -> None:
    """More files than a process may open, each with its own content; the answer lists all, a question a hundred."""
    contents = [f"{number};".encode() + b"-" * 5_000 if number else b"" for number in range(count)]
    files = [SimpleUploadedFile(f"{number}.csv", content) for number, content in enumerate(contents)]
    sent = api.post(BATCHES, {"file": files, "format": "cades"}, headers={"Idempotency-Key": "many"})

    if code:
        assert (sent.status_code, sent.json()["code"]) == (422, code)
        return
    batch = sent.json()
    assert (batch["counts"]["queued"], batch["counts"]["refused"], batch["next"]) == (249, 1, None)
    assert [item["name"] for item in batch["items"]] == [f"{number}.csv" for number in range(250)]
    first = api.get(batch["links"]["self"]).json()
    second = api.get(batch["links"]["self"], {"cursor": first["next"]}).json()
    assert first["items"] + second["items"] == batch["items"][:200]
    of_the_last = api.get(f"/api/v1/seals/{batch['items'][-1]['seal']}").json()["document"]
    assert of_the_last["size"] == len(contents[-1])


@pytest.mark.usefixtures("one_minute")
def test_a_batch_counts_as_many_requests_as_it_has_items_but_is_not_refused_for_them(
    api: Client, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    batch = {"items": [{"document": document("a.pdf", b"")}] * 5}

    answers = [send_json(api, batch), send_json(api, batch)]

    assert [(answer.status_code, answer["RateLimit-Remaining"]) for answer in answers] == [(202, "0"), (429, "0")]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ([], "", "not_an_object"),
        ({}, "/items", "required"),
        ({"items": []}, "/items", "required"),
        ({"items": "all"}, "/items", "required"),
        ({"items": [{}], "colour": "red"}, "/colour", "unknown_field"),
        ({"items": [{}], "level": "B-X"}, "/level", "level_unknown"),
        ({"items": [{}], "reason": 5}, "/reason", "not_a_text"),
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(api: Client, body: object, pointer: str, code: str) -> None:
    answer = send_json(api, body)

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert api.get(BATCHES).json()["items"] == []


def test_the_same_key_tells_the_same_batch_again_and_another_batch_is_refused(api: Client) -> None:
    body = {"items": [{"document": document("a.pdf")}, {"document": document("b.pdf")}]}
    first, again = (send_json(api, body, **{"Idempotency-Key": "monday"}) for _twice in range(2))
    other = send_json(api, {"items": body["items"][:1]}, **{"Idempotency-Key": "monday"})

    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_token_that_may_only_seal_has_the_answer_to_its_batch_and_reads_nothing_else(sealing_cast: Cast) -> None:
    token = sealing_cast.alice.token(scopes=frozenset({"seal.create"}))
    robot = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {token}")
    sent = send_json(robot, {"items": [{"document": document("a.pdf")}]})

    assert (sent.status_code, sent.json()["counts"]["queued"]) == (202, 1)
    assert robot.get(sent.json()["links"]["self"]).status_code == 403


def test_in_the_portal_a_batch_is_opened_filled_and_closed(sealing_cast: Cast, tmp_path: Path) -> None:
    bob = sealing_cast.bob
    browser = bob.client()

    def upload(name: str, content: bytes) -> Any:
        return browser.post(bob.url("seal/upload/"), {"file": SimpleUploadedFile(name, content), "batch": opened["id"]})

    opened = browser.post(bob.url("batches/"), {"mode": "live"}).json()
    good, refused = upload("good.pdf", PDF), upload("name.pdf", b"%PDF-1.7 and nothing else")
    assert (good.status_code, refused.status_code) == (202, 202)
    runner.drain()
    assert browser.get(opened["content"]).status_code == 409
    closed = browser.post(opened["page"])
    assert closed.json() == {"status": "finished"}
    late = upload("late.pdf", PDF)

    assert (late.status_code, late.json()["code"]) == (409, "batch_closed")
    page = browser.get(opened["page"]).content.decode()
    assert "1 of 2 sealed" in page
    assert "The document is damaged" in page or "unreadable_pdf" in page
    assert (
        "good.pdf" in browser.get(bob.url("batches/")).content.decode()
        or opened["id"] in browser.get(bob.url("batches/")).content.decode()
    )
    assert list(unpacked(browser.get(opened["content"]), tmp_path)) == ["items.csv", "good-sealed.pdf"]
    assert browser.post(bob.url("batches/"), {"mode": "neither"}).status_code == 422


def test_an_archive_is_made_while_it_is_sent(now: Any) -> None:
    """Of a thousand files of a megabyte never more than one part is in memory."""
    asked: list[int] = []

    def content(number: int) -> Iterator[bytes]:
        for _part in range(16):
            asked.append(number)
            yield b"\0" * 65_536

    sizes, largest = 0, 0
    for part in stream_zip(ZipEntry(f"{number}.pdf", 1 << 20, content(number), now) for number in range(50)):
        assert sizes <= len(asked) * 65_536 + 50 * 200
        sizes, largest = sizes + len(part), max(largest, len(part))
    assert largest < 65_536 + 1_000
    assert 50 << 20 < sizes < (50 << 20) + 50 * 300 + 100
    assert django_settings.DATA_UPLOAD_MAX_NUMBER_FILES == 1_000


def test_a_container_is_called_as_it_was_asked_for_in_every_archive(
    api: Client, sealing_cast: Cast, tmp_path: Path
) -> None:
    items = [{"documents": [document("deed.txt", b"a")], "container": ending} for ending in ("edoc", "bdoc", "asice")]
    batch, alice = send_json(api, {"items": items}).json(), sealing_cast.alice
    runner.drain()
    names = ["deed.edoc", "deed.bdoc", "deed.asice"]
    assert list(unpacked(api.get(batch["links"]["self"] + "/content"), tmp_path)) == ["items.csv", *names]
    chosen = alice.client().get(alice.url("documents.zip"))
    assert set(unpacked(chosen, tmp_path)) == {"index.csv", *names}


@pytest.mark.parametrize("cursor", ["", "2", "\0", "x", "9" * 5000])
def test_a_page_of_a_batch_opens_whatever_its_address_says(sealing_cast: Cast, api: Client, cursor: str) -> None:
    batch, alice = send_json(api, {"items": [{}]}).json(), sealing_cast.alice
    page = alice.client().get(alice.url(f"batches/{batch['id']}/"), {"cursor": encode_cursor(cursor)})
    assert page.status_code == 200
    answer = api.get(batch["links"]["self"], {"cursor": encode_cursor(cursor)})
    assert answer.status_code == (200 if cursor == "2" else 422)


@pytest.mark.usefixtures("one_minute")
def test_a_batch_of_nothing_is_a_request_like_any_other(api: Client) -> None:
    left = [int(send_json(api, {"items": []})["RateLimit-Remaining"]) for _again in range(3)]
    assert left == [left[0], left[0] - 1, left[0] - 2]


def test_too_many_items_are_refused_before_any_is_read(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine million empty objects fit the largest body; each would become a refusal with its sentences."""
    read: list[object] = []
    monkeypatch.setattr(batch_inputs, "_item", lambda item, *_shared: read.append(item))
    answer = send_json(api, {"items": [{}] * (MAX_ITEMS + 1)})
    assert (answer.status_code, answer.json()["code"], read) == (422, "too_many_items", [])


def test_items_share_the_logo_of_the_batch_and_may_have_their_own(rf: RequestFactory) -> None:
    logo, own = (base64.b64encode(b"\x89PNG\r\n\x1a\n" + each).decode() for each in (b"shared", b"own"))
    items = [
        {"document": document("a.pdf")},
        {"document": document("b.pdf")},
        {"document": document("c.pdf"), "appearance": {"logo": own}},
        {"document": document("d.pdf"), "appearance": None},
    ]
    body = json.dumps({"items": items, "appearance": {"logo": logo}})
    request = Request(rf.post(BATCHES, body, content_type="application/json"), parsers=[JSONParser()])
    inputs = batch_inputs.read_batch(request)

    shared, *found = inputs.request.appearance, *(item.request.appearance for item in inputs.items)
    assert shared is found[0] is found[1]
    assert found[2] is not None
    assert (found[2].logo, found[3]) == (base64.b64decode(own), None)
