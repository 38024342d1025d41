"""`/api/v1/seals`: translation only, told in RFC 9457 when it is no."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel import runner
from sealing.api import views
from sealing.formats.sample import sample_pdf
from tests.cast import Cast
from tests.second_opinions import assert_validly_contained

PDF = sample_pdf()
SEALS = "/api/v1/seals"


@pytest.fixture
def api(sealing_cast: Cast) -> Client:
    """A program of Alice's, with a live token."""
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {sealing_cast.alice.token()}")


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is always there when a request waits."""
    monkeypatch.setattr(views, "_wait", lambda seal_id, seconds: runner.drain() if seconds else None)


def send(api: Client, content: bytes = PDF, **headers: str) -> Any:
    file = SimpleUploadedFile("contract.pdf", content, content_type="application/pdf")
    return api.post(SEALS, {"file": file}, headers=headers)


def send_json(api: Client, body: object) -> Any:
    return api.post(SEALS, json.dumps(body), content_type="application/json")


def pointers(answer: Any) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


def test_a_queued_seal_is_202_and_a_finished_one_201(api: Client, working: None) -> None:
    queued, sealed = send(api), send(api, Prefer="wait=30")

    assert (queued.status_code, queued.json()["status"], queued.json()["timestamp"]) == (202, "queued", None)
    assert "content" not in queued.json()["links"]
    assert (sealed.status_code, sealed.json()["status"]) == (201, "sealed")
    document = {"name": "contract.pdf", "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
    assert (sealed.json()["document"], sealed.json()["documents"]) == (document, [document])
    download = api.get(sealed.json()["links"]["content"])
    assert download.getvalue().startswith(PDF)
    assert download["Content-Disposition"] == 'attachment; filename="contract-sealed.pdf"'
    assert api.get(sealed["Location"]).json() == sealed.json()
    assert (sealed["X-Seal-Quota-Included"], sealed["X-Seal-Overage"]) == ("500", "0")
    assert sealed["X-Request-Id"].startswith("req_")


def test_who_accepts_a_pdf_gets_the_sealed_file_in_one_call(api: Client, working: None) -> None:
    answer = send(api, Accept="application/pdf")

    assert (answer.status_code, answer["Content-Type"]) == (201, "application/pdf")
    assert answer.getvalue().startswith(PDF)


def test_a_document_can_be_sent_as_json(api: Client, working: None) -> None:
    content = base64.b64encode(PDF).decode()
    document = {"name": "a.pdf", "content": content, "sha256": hashlib.sha256(PDF).hexdigest()}

    accepted = send_json(api, {"document": document, "level": "B-T", "reference": "7/2026"})
    runner.drain()
    seal = api.get(accepted.json()["links"]["self"]).json()

    assert (accepted.status_code, seal["status"], seal["level"], seal["reference"]) == (202, "sealed", "B-T", "7/2026")
    assert [found["id"] for found in api.get(SEALS, {"reference": "7/2026"}).json()["items"]] == [seal["id"]]


CONTAINER = "application/vnd.etsi.asic-e+zip"
FILES = {"žąsis.csv": b"a;b\n", "contract.pdf": PDF, "notes": b"\x00\xff"}


def test_several_files_come_back_in_one_container(api: Client, working: None, tmp_path: Path) -> None:
    """The journey of a program: sent, sealed, downloaded, and accepted by tools that are not ours."""
    files = [SimpleUploadedFile(name, content) for name, content in FILES.items()]
    digests = [hashlib.sha256(content).hexdigest() for content in FILES.values()]
    accepted = api.post(SEALS, {"file": files, "sha256": digests, "level": "B-LT", "reference": "bundle"})
    runner.drain()
    seal = api.get(accepted.json()["links"]["self"]).json()
    download = api.get(seal["links"]["content"])

    assert (accepted.status_code, seal["status"], seal["format"], seal["billable"]) == (202, "sealed", "asice", True)
    assert seal["document"] is None
    assert seal["documents"] == [
        {"name": name, "size": len(content), "sha256": digest}
        for (name, content), digest in zip(FILES.items(), digests, strict=True)
    ]
    assert download["Content-Type"] == CONTAINER
    assert download["Content-Disposition"] == "attachment; filename*=utf-8''%C5%BE%C4%85sis.asice"
    sealed = tmp_path / "sealed.asice"
    sealed.write_bytes(download.getvalue())
    assert_validly_contained(sealed)
    with zipfile.ZipFile(sealed) as container:
        assert {name: container.read(name) for name in FILES} == FILES


def test_several_documents_can_be_sent_as_json(api: Client, working: None) -> None:
    documents = [{"name": name, "content": base64.b64encode(content).decode()} for name, content in FILES.items()]

    accepted = send_json(api, {"documents": documents})
    single = send_json(api, {"documents": documents[:1], "format": "asice", "level": "B-T"})
    runner.drain()

    for answer, count in ((accepted, 3), (single, 1)):
        seal = api.get(answer.json()["links"]["self"]).json()
        assert (seal["status"], seal["format"], len(seal["documents"])) == ("sealed", "asice", count)


def test_who_accepts_a_container_gets_it_in_one_call_and_who_accepts_another_kind_gets_json(
    api: Client, working: None
) -> None:
    def send_note(accept: str) -> Any:
        return api.post(SEALS, {"file": SimpleUploadedFile("note.txt", b"x")}, headers={"Accept": accept})

    container, both, other = (
        send_note(CONTAINER),
        send_note(f"application/pdf, {CONTAINER}"),
        send_note("application/pdf"),
    )

    for answer in (container, both):
        assert (answer.status_code, answer["Content-Type"]) == (201, CONTAINER)
        assert answer.getvalue().startswith(b"PK\x03\x04")
    assert (other.status_code, other["Content-Type"], other.json()["status"]) == (201, "application/json", "sealed")


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"file": ["a", "a"]}, "/documents/1/name", "duplicate_name"),
        ({"file": ["a", "mimetype"]}, "/documents/1/name", "reserved_name"),
        ({"file": ["a.pdf", "b.pdf"], "format": "pades"}, "/format", "one_document_only"),
        ({"file": ["a", "b"], "sha256": ["0" * 64]}, "/sha256", "one_for_each"),
        ({"file": ["a"], "sha256": ["0" * 64, "1" * 64]}, "/sha256", "one_for_each"),
        ({"file": ["a"], "contact": "us"}, "/contact", "pdf_only"),
        ({"file": ["a"], "format": "zip"}, "/format", "format_unknown"),
    ],
)
def test_what_does_not_fit_several_files_is_named(api: Client, fields: dict[str, Any], pointer: str, code: str) -> None:
    files = [SimpleUploadedFile(name, b"x") for name in fields["file"]]

    answer = api.post(SEALS, {**fields, "file": files})

    assert (answer.status_code, pointers(answer)) == (422, {pointer: code})


def test_more_documents_than_a_seal_can_hold_are_refused(api: Client) -> None:
    document = {"content": "aGk="}

    answer = send_json(api, {"documents": [{**document, "name": f"{n}.txt"} for n in range(101)]})

    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_documents")


def test_a_refused_document_is_a_problem_with_the_documents_code(api: Client, working: None) -> None:
    answer = send(api, b"not a pdf", Prefer="wait=30")

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "not_a_pdf"
    assert answer["X-Seal-Quota-Used"] == "0"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/file", "required"),
        ([], "", "not_an_object"),
        ({"document": {"content": "%%%"}}, "/document/content", "not_base64"),
        ({"document": {"content": 7}}, "/document/content", "not_base64"),
        ({"document": {"content": "", "owner": "me"}}, "/document/owner", "unknown_field"),
        ({"document": {"content": "aGk=", "name": 7}}, "/document/name", "not_a_text"),
        ({"documents": []}, "/documents", "required"),
        ({"documents": ["aGk="]}, "/documents/0", "not_an_object"),
        ({"documents": [{"content": "aGk="}, {"content": "%"}]}, "/documents/1/content", "not_base64"),
        ({"documents": [{"content": "aGk=", "x": 1}]}, "/documents/0/x", "unknown_field"),
        ({"documents": [{"content": "aGk="}], "file": "x"}, "/file", "unknown_field"),
        ({"document": {"content": "aGk="}, "is_staff": True}, "/is_staff", "unknown_field"),
        ({"document": {"content": "aGk="}, "level": "B-LTX"}, "/level", "level_unknown"),
        ({"document": {"content": "aGk="}, "level": 3}, "/level", "not_a_text"),
        ({"document": {"content": "aGk="}, "reason": "x" * 201}, "/reason", "too_long"),
        ({"document": {"content": "aGk="}, "certificate": "cert_\0"}, "/certificate", "control_characters"),
        ({"document": "aGk="}, "/document", "not_an_object"),
        ({"documents": {"content": "aGk="}}, "/documents", "not_a_list"),
        ({"digest": "sha256"}, "/digest", "not_an_object"),
        (
            {"documents": [{"content": "aGk="}, {"content": "aGk=", "sha256": "0"}]},
            "/documents/1/sha256",
            "digest_mismatch",
        ),
    ],
)
def test_a_wrong_field_is_named(api: Client, body: object, pointer: str, code: str) -> None:
    answer = send_json(api, body)

    assert answer.status_code == 422
    assert pointers(answer) == {pointer: code}


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"path": SEALS, "data": "{", "content_type": "application/json"}, 400, "parse_error"),
        ({"path": SEALS, "data": "[" * 100_000, "content_type": "application/json"}, 400, "parse_error"),
        ({"path": SEALS, "data": "x", "content_type": "text/plain"}, 415, "unsupported_media_type"),
        ({"path": f"{SEALS}/seal_0", "data": "{}", "content_type": "application/json"}, 405, "method_not_allowed"),
    ],
)
def test_what_is_no_request_at_all_is_a_problem_too(
    api: Client, request_: dict[str, str], status: int, code: str
) -> None:
    answer = api.post(**request_)

    assert (answer.status_code, answer.json()["code"], answer["Content-Type"]) == (
        status,
        code,
        "application/problem+json",
    )


def test_a_body_beyond_the_limit_is_refused_unread(api: Client) -> None:
    answer = api.generic("POST", SEALS, b"{}", content_type="application/json", CONTENT_LENGTH=str(29 * 1024 * 1024))

    assert (answer.status_code, answer.json()["code"]) == (413, "document_too_large")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer sp_live_x", "Basic abc", "Bearer \x00"])
def test_without_a_valid_token_everybody_gets_the_same_401(db: None, token: str) -> None:
    answer = Client(HTTP_HOST="localhost").get(SEALS, headers={"Authorization": token} if token else {})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] in {"not_authenticated", "authentication_failed"}


def test_the_same_key_tells_the_same_seal_again(api: Client) -> None:
    headers = {"Idempotency-Key": "b1946ac9"}

    first, again = send(api, **headers), send(api, **headers)
    reused = send(api, PDF + b"\n", **headers)

    assert again.json()["id"] == first.json()["id"]
    assert (again["Idempotent-Replayed"], reused.status_code, reused.json()["code"]) == (
        "true",
        422,
        "idempotency_key_reused",
    )


@pytest.mark.parametrize("cursor", ["x", "%00", "ä", "AAAA"])
def test_a_strange_cursor_is_refused_or_finds_nothing(api: Client, cursor: str) -> None:
    send(api)

    answer = api.get(SEALS, {"cursor": cursor})

    assert answer.status_code in {200, 422}


@pytest.mark.parametrize("path", [f"{SEALS}/a%00b", f"{SEALS}?status=%00", f"{SEALS}?reference=a%00"])
def test_an_address_with_a_nul_is_a_bad_request(api: Client, path: str) -> None:
    answer = api.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize(
    ("path", "pointer", "code"),
    [
        (f"{SEALS}?stauts=sealed", "/stauts", "unknown_field"),
        (f"{SEALS}?status=finished", "/status", "status_unknown"),
        (f"{SEALS}/seal_0?fields=id", "/fields", "unknown_field"),
        ("/api/v1/batches?status=finished", "/status", "unknown_field"),
        ("/api/v1/usage?perod=2026-11", "/perod", "unknown_field"),
    ],
)
def test_a_question_with_a_typing_error_is_refused_rather_than_answered_for_everything(
    api: Client, path: str, pointer: str, code: str
) -> None:
    answer = api.get(path)

    assert (answer.status_code, pointers(answer)) == (422, {pointer: code})


def test_wishes_in_the_address_of_an_order_are_refused_rather_than_dropped(api: Client) -> None:
    answer = api.post(f"{SEALS}?level=B-LTA", {"file": SimpleUploadedFile("a.pdf", PDF)})

    assert (answer.status_code, pointers(answer)) == (422, {"/level": "unknown_field"})


def test_what_is_not_found_is_named_where_a_request_names_several_things(api: Client) -> None:
    sealed = send(api).json()["id"]
    unlabelled = api.patch(f"{SEALS}/{sealed}", {"labels": ["lbl_0"]}, content_type="application/json")
    uncertified = send_json(api, {"document": {"content": "aGk="}, "certificate": "cert_0"})

    assert (unlabelled.status_code, pointers(unlabelled)) == (404, {"/labels/0": "not_found"})
    assert (uncertified.status_code, pointers(uncertified)) == (404, {"/certificate": "not_found"})


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-01", "2026-13-01T00:00:00Z", "2026-11-01T00:00:00"])
def test_a_time_without_offset_is_refused(api: Client, moment: str) -> None:
    answer = api.get(SEALS, {"created_after": moment})

    assert (answer.status_code, pointers(answer)) == (422, {"/created_after": "not_a_time"})


def test_the_portals_upload_and_status_speak_like_the_api(sealing_cast: Cast) -> None:
    bob = sealing_cast.bob
    browser = bob.client()

    sent = browser.post(bob.url("seal/upload/"), {"file": SimpleUploadedFile("a.pdf", PDF), "mode": "test"})
    other = browser.post(bob.url("seal/upload/"), {"file": SimpleUploadedFile("b.csv", b"a;b"), "mode": "test"})
    refused = browser.post(bob.url("seal/upload/"), {"mode": "test"})
    runner.drain()
    told = browser.get(bob.url("seal/status/"), {"ids": f"{sent.json()['id']},seal_0,../x"}).json()["items"]

    assert (sent.status_code, refused.status_code, refused.json()["code"]) == (202, 422, "invalid_input")
    assert [(seal["status"], seal["live"]) for seal in told] == [("sealed", False)]
    assert browser.get(told[0]["links"]["content"]).getvalue().startswith(PDF)
    contained = browser.get(bob.url(f"documents/{other.json()['id']}/content/"))
    assert (contained["Content-Type"], contained["Content-Disposition"]) == (
        CONTAINER,
        'attachment; filename="b.asice"',
    )
    assert browser.get(bob.url(f"documents/{other.json()['id']}/")).status_code == 200
    for page in ("", "seal/", "documents/", f"documents/{sent.json()['id']}/", "documents/?status=sealed&cursor=x"):
        assert browser.get(bob.url(page)).status_code == 200


def test_every_call_is_in_the_published_schema(client: Client, db: None) -> None:
    schema = client.get("/api/v1/openapi.json").json()

    assert {"/api/v1/seals", "/api/v1/seals/{seal_id}", "/api/v1/seals/{seal_id}/content", "/api/v1/usage"} <= set(
        schema["paths"]
    )
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert all("application/problem+json" in each["responses"]["default"]["content"] for each in operations)
    assert "Problem" in schema["components"]["schemas"]
    assert client.get("/api/v1/docs/").status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["document", "documents", "file", "content", "name", "level", "x"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    )
)
def test_no_json_makes_the_server_fail(api: Client, body: object) -> None:
    assert send_json(api, body).status_code < 500


def test_a_hostile_file_name_comes_back_harmless(api: Client, working: None) -> None:
    for name in ("../../etc/passwd", 'a"\r\nX-Evil: 1.pdf', "\u202efdp.exe", "x" * 300 + ".pdf", "<script>.pdf"):
        document = {"name": name, "content": base64.b64encode(PDF).decode()}
        answer = send_json(api, {"document": document})
        runner.drain()
        download = api.get(f"{SEALS}/{answer.json()['id']}/content")

        assert download.status_code == 200
        assert "X-Evil" not in download
        assert "/" not in answer.json()["document"]["name"]
        assert len(io.StringIO(answer.json()["document"]["name"]).read()) <= 255


@pytest.mark.parametrize("field", ["reference", "reason", "certificate"])
def test_half_a_character_is_refused_before_anything_is_stored(api: Client, field: str) -> None:
    document = {"name": "\ud800.pdf", "content": base64.b64encode(PDF).decode()}

    answer = send_json(api, {"document": document, field: "\ud800"})

    assert (answer.status_code, pointers(answer)) == (422, {f"/{field}": "control_characters"})


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/seals", "/api/v1/seals/"])
def test_an_address_that_does_not_exist_answers_programs_in_their_language(api: Client, path: str) -> None:
    answer = api.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


def test_a_form_with_too_many_fields_is_a_problem_document(api: Client) -> None:
    answer = api.post(SEALS, {f"field{number}": "" for number in range(2000)})

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "parse_error"


def test_titles_have_no_gaps_to_fill_in(api: Client) -> None:
    answers = [api.delete(SEALS), api.post(SEALS, "x", content_type="text/plain")]

    assert [answer.json()["code"] for answer in answers] == ["method_not_allowed", "unsupported_media_type"]
    assert not any("{" in answer.json()["title"] for answer in answers)


def test_a_token_that_may_only_seal_has_the_answer_to_its_order_and_reads_nothing_else(
    sealing_cast: Cast, working: None
) -> None:
    token = sealing_cast.alice.token(scopes=frozenset({"seal.create"}))
    sealer = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {token}")

    queued, sealed = send(sealer), send(sealer, Accept="application/pdf")

    assert (queued.status_code, queued.json()["status"]) == (202, "queued")
    assert (sealed.status_code, sealed["Content-Type"]) == (201, "application/pdf")
    assert sealer.get(SEALS).status_code == sealer.get(f"{SEALS}/{queued.json()['id']}").status_code == 403


@pytest.mark.parametrize(("count", "code"), [(100, None), (101, "too_many_documents"), (150, "too_many_documents")])
def test_as_many_files_as_a_seal_can_hold_may_be_sent_in_a_form(api: Client, count: int, code: str | None) -> None:
    answer = api.post(SEALS, {"file": [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(count)]})

    assert answer.status_code == (422 if code else 202)
    assert answer.json().get("code") == code


def digest_of(content: bytes, algorithm: str = "sha256") -> dict[str, str]:
    return {"algorithm": algorithm, "value": base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_digest_is_sealed_without_its_document(api: Client, working: None, algorithm: str) -> None:
    digest = digest_of(b"a film", algorithm)
    body = {"digest": digest, "document": {"name": "film.mkv"}, "reference": "7"}

    answer = api.post(SEALS, json.dumps(body), content_type="application/json", headers={"Prefer": "wait=30"})

    seal = answer.json()
    assert (answer.status_code, seal["status"], seal["format"], seal["level"]) == (201, "sealed", "cades", "B-LT")
    sha256 = hashlib.sha256(b"a film").hexdigest() if algorithm == "sha256" else None
    assert seal["document"] == {"name": "film.mkv", "size": None, "sha256": sha256, "digest": digest}
    download = api.get(seal["links"]["content"])
    assert download["Content-Type"] == "application/pkcs7-signature"
    assert download["Content-Disposition"] == 'attachment; filename="film.mkv.p7s"'
    again = api.post(
        SEALS, json.dumps(body), content_type="application/json", headers={"Accept": "application/pkcs7-signature"}
    )
    assert (again.status_code, again["Content-Type"]) == (201, "application/pkcs7-signature")
    assert again.getvalue()[:1] == b"\x30"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"digest": {}}, "/digest/value", "not_base64"),
        ({"digest": {"algorithm": "sha1", "value": "AAAA"}}, "/digest/algorithm", "digest_algorithm_unknown"),
        ({"digest": {"algorithm": "sha256", "value": "AAAA"}}, "/digest/value", "digest_length"),
        ({"digest": {"algorithm": "sha256", "value": "%"}}, "/digest/value", "not_base64"),
        ({"digest": {"algorithm": "sha256", "value": 1}}, "/digest/value", "not_base64"),
        ({"digest": {"algorithm": 7, "value": "AAAA"}}, "/digest/algorithm", "not_a_text"),
        ({"digest": {"algorithm": "sha256", "salt": "x"}}, "/digest/salt", "unknown_field"),
        ({"digest": digest_of(b"x"), "document": {"content": "eA=="}}, "/document/content", "unknown_field"),
        ({"digest": digest_of(b"x"), "document": []}, "/document", "not_an_object"),
        ({"digest": digest_of(b"x"), "documents": []}, "/documents", "unknown_field"),
        ({"digest": digest_of(b"x"), "format": "asice"}, "/format", "format_needs_document"),
        ({"digest": digest_of(b"x"), "format": "pades"}, "/level", "level_needs_document"),
    ],
)
def test_a_digest_that_does_not_fit_is_named(api: Client, body: object, pointer: str, code: str) -> None:
    answer = send_json(api, body)

    assert answer.status_code == 422
    assert pointers(answer) == {pointer: code}


def test_the_seal_page_takes_a_digest_instead_of_a_file_but_not_both(sealing_cast: Cast) -> None:
    bob = sealing_cast.bob
    browser, address = bob.client(), bob.url("seal/upload/")
    digest = digest_of(b"secret")["value"]

    sent = browser.post(address, {"digest": digest, "name": "secret.docx", "mode": "test"})
    both = browser.post(address, {"digest": digest, "file": SimpleUploadedFile("a.pdf", PDF), "mode": "test"})
    broken = browser.post(address, {"digest": "%%%%", "name": "a", "mode": "test"})
    short = browser.post(address, {"digest": "AAAA", "name": "a", "mode": "test"})

    assert (sent.status_code, sent.json()["format"], sent.json()["document"]["name"]) == (202, "cades", "secret.docx")
    assert {answer.status_code for answer in (both, broken, short)} == {422}
    assert short.json()["errors"][0]["code"] == "digest_length"
    assert browser.get(bob.url(f"documents/{sent.json()['id']}/")).status_code == 200
