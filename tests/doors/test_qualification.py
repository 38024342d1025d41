"""Whether a seal is a qualified one: told by the API, the page and the report, from the trusted lists that are kept."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import load_der_x509_certificate
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock, runner
from sealing.actions.verify_document import Validation, verify_document
from sealing.formats.sample import sample_pdf
from sealing.queries.qualification import qualifications
from sealing.rules.qualification import MOST_QUESTIONS
from tests.cast import Cast
from tests.doubles.trusted_lists import DAY, QTST, ListSite, Service, Signer, Status, list_site, signer
from tests.factories.trusted_lists import Europe, europe_at

PDF = sample_pdf()
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def site_at_work() -> Iterator[ListSite]:
    with list_site() as site:
        yield site


@pytest.fixture
def europe(site_at_work: ListSite, settings: Any, tmp_path: Path) -> Europe:
    return europe_at(site_at_work, settings, tmp_path)


def sealed(cast: Cast, *, live: bool = True) -> bytes:
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {cast.alice.token(live=live)}")
    accepted = client.post("/api/v1/seals", {"file": SimpleUploadedFile("contract.pdf", PDF)})
    runner.drain()
    return b"".join(client.get(f"/api/v1/seals/{accepted.json()['id']}/content").streaming_content)


def asked(cast: Cast, content: bytes, *, accept: str = "") -> Any:
    client = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {cast.alice.token()}")
    headers = {"Accept": accept} if accept else {}
    return client.post("/api/v1/validations", {"file": SimpleUploadedFile("contract.pdf", content)}, headers=headers)


def page_about(content: bytes) -> str:
    caches["counters"].clear()
    client = Client(HTTP_HOST="localhost")
    answer = client.post("/verify/", {"file": SimpleUploadedFile("contract.pdf", content)})
    return " ".join(answer.content.decode().split())


def verified(content: bytes) -> Validation:
    return verify_document(content=io.BytesIO(content), now=clock.now())


def authority(certificate: bytes) -> Signer:
    """Somebody real in a list of the test, who signs nothing there."""
    return Signer(signer("Nobody").key, load_der_x509_certificate(certificate))


def listed(europe: Europe, content: bytes, *statuses: Status, name: str = "Seals for the test") -> None:
    """The list names who issued the seal's certificate, with that history, and its timestamp's authority."""
    (found,) = verified(content).found.signatures
    assert found.timestamp is not None
    now = clock.now()
    stamps = authority(found.timestamp.issuers[0])
    europe.publish(
        Service(authority(found.issuers[0]), statuses or (Status(now - 1000 * DAY),), name=name),
        Service(stamps, (Status(now - 1000 * DAY, uses=()),), kind=QTST, name="Time for the test"),
        issued_at=now,
    )
    europe.fetch(now)


def test_a_seal_by_a_listed_and_granted_service_is_a_qualified_one_on_every_door(
    europe: Europe, sealing_cast: Cast, tmp_path: Path
) -> None:
    content = sealed(sealing_cast)
    listed(europe, content)
    (signature,) = asked(sealing_cast, content).json()["signatures"]
    told = signature["qualification"]
    assert told.pop("list_issued_at")
    assert told == {
        "status": "qualified",
        "kind": "seal",
        "code": "trusted_list",
        "explanation": "Qualified by the trusted list.",
        "certificate_qualified": True,
        "secure_device": True,
        "as_of": signature["proven_at"],
        "country": "LT",
        "service": "Seals for the test",
        "list_number": 7,
    }
    stamp = signature["timestamp"]["qualification"]
    assert (stamp["status"], stamp["kind"], stamp["service"]) == ("qualified", "timestamp", "Time for the test")

    page = page_about(content)
    for words in ("Qualified electronic seal", "Qualified electronic timestamp", "trusted list of LT, number 7"):
        assert words in page
    (tmp_path / "report.pdf").write_bytes(asked(sealing_cast, content, accept="application/pdf").content)
    command = ["pdftotext", "-layout", tmp_path / "report.pdf", "-"]
    paper = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "Qualified electronic seal" in paper
    assert "Seals for the test" in paper


def test_a_service_that_was_withdrawn_before_the_seal_makes_it_none_and_afterwards_leaves_it_one(
    europe: Europe, sealing_cast: Cast
) -> None:
    content = sealed(sealing_cast)
    proven_at = verified(content).found.signatures[0].proven_at
    assert proven_at is not None

    def status(withdrawn_at: datetime) -> tuple[str, str]:
        listed(europe, content, Status(withdrawn_at, "withdrawn"), Status(withdrawn_at - 1000 * DAY))
        found = verified(content).qualified[0].signature
        return found.status, found.answer.reason if found.answer else ""

    assert status(proven_at + SECOND)[0] == "qualified"
    refused, why = status(proven_at - SECOND)
    assert refused == "not_qualified"
    assert "no qualified status at that time" in why
    assert "Not qualified" in page_about(content)


def test_without_lists_with_old_ones_and_about_unproven_files_nothing_is_known(
    europe: Europe, sealing_cast: Cast, settings: Any
) -> None:
    content = sealed(sealing_cast)
    before = verified(content).qualified[0]
    assert (before.signature.status, before.signature.code) == ("unknown", "trusted_list")
    listed(europe, content)
    later = verify_document(content=io.BytesIO(content), now=clock.now() + 31 * DAY).qualified[0].signature
    assert later.status == "unknown"
    assert later.answer is not None
    assert "too old" in later.answer.reason

    changed = content.replace(PDF[20:40], PDF[20:40].swapcase(), 1)
    assert verified(changed).qualified[0].signature.code == "not_passed"
    settings.TRUSTED_LISTS_URL = ""
    (signature,) = asked(sealing_cast, content).json()["signatures"]
    assert (signature["qualification"]["status"], signature["qualification"]["code"]) == ("unknown", "no_lists")
    assert signature["qualification"]["certificate_qualified"] is None
    page = page_about(content)
    assert "No trusted list is set up here" in page
    assert "Qualified electronic" not in page


def test_a_test_seal_is_never_a_qualified_one(europe: Europe, sealing_cast: Cast) -> None:
    content = sealed(sealing_cast, live=False)
    listed(europe, content)
    found = verified(content).qualified[0].signature
    assert (found.status, found.code, found.answer) == ("not_qualified", "test", None)


def test_the_lists_are_asked_a_few_questions_about_a_file_however_many_signatures_it_has(
    europe: Europe, sealing_cast: Cast
) -> None:
    content = sealed(sealing_cast)
    listed(europe, content)
    found = verified(content).found
    assert found.signatures[0].proven_at is not None
    one = replace(found.signatures[0], timestamp=None)
    with CaptureQueriesContext(connection) as same:
        qualifications(replace(found, signatures=(one,) * 100), now=clock.now())
    assert len(same) == 2
    many = tuple(replace(one, proven_at=one.proven_at - number * SECOND) for number in range(100))
    told = [each.signature for each in qualifications(replace(found, signatures=many), now=clock.now())]
    assert {each.code for each in told[:MOST_QUESTIONS]} == {"trusted_list"}
    assert {(each.status, each.code) for each in told[MOST_QUESTIONS:]} == {("unknown", "too_many")}
