"""`POST /api/v1/validations` and `/verify/`: one verdict for anybody's file, and nothing kept of it."""

from __future__ import annotations

import hashlib
import io
import itertools
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from kernel import clock, runner
from sealing.formats.sample import sample_pdf
from sealing.formats.verification.words import ANSWERS
from tests.cast import Cast

PDF = sample_pdf()
VALIDATIONS = "/api/v1/validations"
NAMESPACES = {"vr": "http://uri.etsi.org/19102/v1.2.1#", "ds": "http://www.w3.org/2000/09/xmldsig#"}


@pytest.fixture(autouse=True)
def _uncounted() -> Iterator[None]:
    caches["counters"].clear()
    yield
    caches["counters"].clear()


@pytest.fixture
def api(sealing_cast: Cast) -> Client:
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {sealing_cast.alice.token()}")


@pytest.fixture
def sealed(api: Client) -> bytes:
    file = SimpleUploadedFile("contract.pdf", PDF, content_type="application/pdf")
    accepted = api.post("/api/v1/seals", {"file": file})
    runner.drain()
    return b"".join(api.get(f"/api/v1/seals/{accepted.json()['id']}/content").streaming_content)


def send(client: Client, content: bytes, *, to: str = VALIDATIONS, accept: str = "", **fields: Any) -> Any:
    file = SimpleUploadedFile("contract.pdf", content, content_type="application/pdf")
    return client.post(to, {"file": file, **fields}, headers={"Accept": accept} if accept else {})


def test_our_own_seal_passes_and_the_report_tells_who_when_and_at_which_level(api: Client, sealed: bytes) -> None:
    answer = send(api, sealed)
    report = answer.json()

    assert answer.status_code == 200
    assert (report["indication"], report["sub_indication"], report["code"]) == ("TOTAL-PASSED", "", "passed")
    assert report["document"] == {
        "size": len(sealed),
        "sha256": hashlib.sha256(sealed).hexdigest(),
        "revisions": 2,
        "format": "PDF",
        "files": [],
    }
    (signature,) = report["signatures"]
    assert (signature["format"], signature["level"], signature["changes"]) == ("PAdES", "B-LT", "none")
    assert signature["timestamp"]["indication"] == "TOTAL-PASSED"
    assert signature["proven_at"] == signature["timestamp"]["time"]
    assert signature["signer"]["purpose"] == "seal"
    assert signature["signer"]["qualified"]
    assert len(signature["path"]) > 1


def test_a_file_that_cannot_be_judged_has_an_answer_and_no_error(api: Client, sealed: bytes) -> None:
    files = {
        "no_signature": PDF,
        "format_not_supported": b"plain text",
        "changed_content": sealed.replace(PDF[20:40], PDF[20:40].swapcase(), 1),
    }
    for code, content in files.items():
        answer = send(api, content)
        assert (answer.status_code, answer.json()["code"]) == (200, code)
        assert answer.json()["indication"] == ANSWERS[code].indication
        assert answer.json()["supported_formats"] == ["pdf", "asic-e", "asic-s", "cms"]


def test_the_answer_can_be_had_as_an_etsi_report(api: Client, sealed: bytes) -> None:
    answer = send(api, sealed, accept="application/xml")
    root = ElementTree.fromstring(answer.content)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml")
    assert root.tag == "{http://uri.etsi.org/19102/v1.2.1#}ValidationReport"
    status = root.find("vr:SignatureValidationReport/vr:SignatureValidationStatus", NAMESPACES)
    assert status is not None
    assert status.findtext("vr:MainIndication", "", NAMESPACES) == "urn:etsi:019102:mainindication:total-passed"
    assert status.find("vr:SubIndication", NAMESPACES) is None
    signer = root.find(".//vr:SignerInformation/vr:SignerCertificate", NAMESPACES)
    objects = {each.get("id") for each in root.iterfind(".//vr:ValidationObject", NAMESPACES)}
    assert signer is not None
    assert signer.get("VOReference") in objects

    unsigned = ElementTree.fromstring(send(api, PDF, accept="application/xml").content)
    assert unsigned.findtext(".//vr:MainIndication", "", NAMESPACES) == "urn:etsi:019102:mainindication:indeterminate"


def test_the_liability_follows_the_declared_value(api: Client, sealing_cast: Cast) -> None:
    def liability(client: Client, **fields: str) -> tuple[str, str]:
        found = send(client, PDF, **fields).json()["liability"]
        return found["code"], found["limit"]

    assert liability(api) == ("not_declared", "0.00")
    assert liability(api, declared_value="1000.00") == ("by_declared_value", "1000.00")
    assert liability(api, declared_value="1000.01") == ("by_declared_value", "10000.00")
    assert liability(api, declared_value="999999") == ("above_highest", "10000.00")
    test_token = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {sealing_cast.alice.token(live=False)}")
    assert liability(test_token, declared_value="50") == ("free_use", "0.00")


@pytest.mark.parametrize("value", ["-1", "much", "NaN", "Infinity", "1e30"])
def test_a_declared_value_that_is_no_amount_is_refused(api: Client, value: str) -> None:
    answer = send(api, PDF, declared_value=value)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_an_amount")


def test_any_token_may_verify_and_nobody_without_one(api: Client, sealing_cast: Cast) -> None:
    narrow = sealing_cast.alice.token(scopes=frozenset({"usage.read"}))
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {narrow}")
    assert send(client, PDF).status_code == 200
    assert send(Client(HTTP_HOST="localhost"), PDF).status_code == 401
    assert send(sealing_cast.alice.client(), PDF).status_code == 401


def test_what_is_no_file_is_refused(api: Client) -> None:
    assert api.post(VALIDATIONS, {}).json()["errors"][0]["code"] == "required"
    assert send(api, PDF, colour="red").json()["errors"][0]["code"] == "unknown_field"
    assert send(api, b"").json()["code"] == "document_empty"
    with override_settings(MAX_DOCUMENT_BYTES=100):
        assert send(api, PDF).json()["code"] == "document_too_large"


def test_nothing_of_the_file_is_kept(api: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert send(api, PDF).status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_the_public_page_answers_without_script_and_without_a_sign_in(client: Client, sealed: bytes) -> None:
    assert b"Verify a signed file" in client.get("/verify/").content

    passed = send(client, sealed, to="/verify/").content.decode()
    assert 'data-verdict="TOTAL-PASSED"' in passed
    assert "contract.pdf" in passed
    assert "the operator accepts no liability" in passed

    failed = send(client, sealed.replace(PDF[20:40], PDF[20:40].swapcase(), 1), to="/verify/").content.decode()
    assert 'data-verdict="TOTAL-FAILED"' in failed
    assert "Not valid" in failed
    assert "Not signed" in send(client, PDF, to="/verify/").content.decode()


def test_the_public_page_names_what_is_wrong_with_the_form(client: Client, db: None) -> None:
    assert client.post("/verify/", {}).status_code == 422
    empty = send(client, b"", to="/verify/")
    assert (empty.status_code, "The document is empty." in empty.content.decode()) == (422, True)


def test_what_a_file_says_of_itself_is_shown_as_text(client: Client, db: None) -> None:
    file = io.BytesIO(PDF)
    file.name = '<img src=x onerror="alert(1)">.pdf'
    assert b"<img src=x" not in client.post("/verify/", {"file": file}).content


def test_the_public_page_needs_a_token_against_forged_requests(db: None) -> None:
    strict = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    assert send(strict, PDF, to="/verify/").status_code == 403


@pytest.mark.usefixtures("one_minute")
def test_an_address_may_verify_so_many_files_a_minute(client: Client, db: None) -> None:
    with override_settings(VERIFICATIONS_PER_MINUTE=2):
        statuses = [send(client, PDF, to="/verify/").status_code for _ in range(3)]
        other = client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", PDF)}, REMOTE_ADDR="192.0.2.7").status_code
    assert statuses == [200, 200, 429]
    assert other == 200


def test_a_sealed_documents_page_leads_to_the_verification(api: Client, sealed: bytes, sealing_cast: Cast) -> None:
    seal = api.get("/api/v1/seals").json()["items"][0]["id"]
    page = sealing_cast.alice.client().get(sealing_cast.alice.url(f"documents/{seal}/"))
    assert 'href="/verify/"' in page.content.decode()


# --- Containers, detached signatures, paper --------------------------------------------------------------------------


def made(api: Client, content: bytes, name: str, **fields: str) -> bytes:
    """A seal of ours in the format and level asked for."""
    accepted = api.post("/api/v1/seals", {"file": SimpleUploadedFile(name, content), **fields})
    assert accepted.status_code == 202, accepted.content
    runner.drain()
    return b"".join(api.get(f"/api/v1/seals/{accepted.json()['id']}/content").streaming_content)


def test_a_seal_that_was_made_a_moment_ago_passes_in_every_format_and_at_every_level(api: Client) -> None:
    told = {"pades": "PAdES", "asice": "XAdES", "cades": "CAdES"}
    for form, level in itertools.product(told, ["B-T", "B-LT"]):
        sealed_file = made(api, PDF, "offer.pdf", format=form, level=level)
        document = {"document": SimpleUploadedFile("offer.pdf", PDF)} if form == "cades" else {}
        report = send(api, sealed_file, **document).json()
        (signature,) = report["signatures"]
        assert (report["code"], signature["format"], signature["level"]) == ("passed", told[form], level)


def test_a_document_may_be_told_by_its_digest_and_is_asked_for_when_it_is_not_told(api: Client) -> None:
    signature = made(api, PDF, "offer.pdf", format="cades")
    assert send(api, signature).json()["code"] == "document_needed"
    assert send(api, signature, digest=hashlib.sha256(PDF).hexdigest()).json()["code"] == "passed"
    assert send(api, signature, digest=hashlib.sha256(b"other").hexdigest()).json()["code"] == "changed_content"
    for wrong in ("abc", "zz" * 32, "00" * 20):
        assert send(api, signature, digest=wrong).json()["errors"][0]["code"] == "not_a_digest"
    both = send(api, signature, digest=hashlib.sha256(PDF).hexdigest(), document=SimpleUploadedFile("offer.pdf", PDF))
    assert both.json()["errors"][0]["code"] == "document_or_digest"
    assert send(api, signature, document="text").json()["errors"][0]["code"] == "not_a_file"


def test_a_container_is_told_file_by_file_in_json_and_by_etsis_report(api: Client) -> None:
    content = made(api, PDF, "offer.pdf", format="asice")
    written = io.BytesIO(content)
    with zipfile.ZipFile(written, "a") as container:
        container.writestr("smuggled.txt", "nobody signed this")
    report = send(api, written.getvalue()).json()
    assert (report["code"], report["document"]["format"]) == ("passed", "ASiC-E")
    assert [(each["name"], each["covered"]) for each in report["document"]["files"]] == [
        ("offer.pdf", True),
        ("smuggled.txt", False),
    ]
    assert [each["code"] for each in report["warnings"]] == ["uncovered_files"]
    assert report["signatures"][0]["covers"] == ["offer.pdf"]

    root = ElementTree.fromstring(send(api, content, accept="application/xml").content)
    assert root.findtext(".//vr:MainIndication", "", NAMESPACES) == "urn:etsi:019102:mainindication:total-passed"
    assert root.findtext(".//vr:DAIdentifier", "", NAMESPACES) == "META-INF/signatures0.xml"


def text_of(printed: bytes, folder: Path) -> str:
    (folder / "report.pdf").write_bytes(printed)
    command = ["pdftotext", "-layout", folder / "report.pdf", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_report_on_paper_says_what_the_page_and_the_api_say(
    api: Client, client: Client, sealed: bytes, tmp_path: Path
) -> None:
    answer = send(api, sealed, accept="application/pdf", declared_value="50")
    told = text_of(answer.content, tmp_path)
    assert answer["Content-Type"] == "application/pdf"
    for words in ("Verification report", "TOTAL-PASSED", "contract.pdf", "PAdES B-LT", "up to €100.00"):
        assert words in told

    page = send(client, sealed, to="/verify/").content.decode()
    packed = page.partition('name="result" value="')[2].partition('"')[0]
    report = client.post("/verify/report/", {"result": packed})
    assert report["Content-Disposition"] == 'attachment; filename="contract.pdf.verification.pdf"'
    assert "TOTAL-PASSED" in text_of(report.content, tmp_path)
    assert "accepts no liability" in text_of(report.content, tmp_path)


def test_a_result_that_the_browser_changed_or_kept_for_too_long_is_not_printed(client: Client, db: None) -> None:
    page = send(client, PDF, to="/verify/").content.decode()
    packed = page.partition('name="result" value="')[2].partition('"')[0]
    assert client.post("/verify/report/", {"result": packed}).status_code == 200
    assert client.post("/verify/report/", {"result": packed[:-3] + "abc"}).status_code == 422
    assert client.post("/verify/report/", {}).status_code == 422
    with time_machine.travel(clock.now() + timedelta(seconds=3601)):
        assert client.post("/verify/report/", {"result": packed}).status_code == 422


def test_the_page_takes_a_signature_and_its_document(api: Client, client: Client) -> None:
    signature = made(api, PDF, "offer.pdf", format="cades")
    alone = send(client, signature, to="/verify/").content.decode()
    assert 'data-verdict="INDETERMINATE"' in alone
    assert "data-apart open" in " ".join(alone.split())
    both = send(client, signature, to="/verify/", document=SimpleUploadedFile("offer.pdf", PDF)).content.decode()
    assert 'data-verdict="TOTAL-PASSED"' in both
