"""A seal that shows itself, asked for by the API: what comes back shows it, and what does not fit is told."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from billing.queries import quota
from kernel import clock, runner
from kernel.tenancy.context import customer_schema
from sealing.api import views
from sealing.formats.sample import sample_pdf
from sealing.gateways.engine import VERIFY_PATH
from sealing.models import Seal
from tests.cast import Cast
from tests.second_opinions import assert_validly_sealed

PDF = sample_pdf()
SEALS = "/api/v1/seals"
DOCUMENT = {"name": "contract.pdf", "content": base64.b64encode(PDF).decode()}


def logo(**how: Any) -> str:
    out = io.BytesIO()
    Image.new("RGBA", (300, 120), (11, 110, 110, 200)).save(out, "PNG", **how)
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def api(sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A program of Alice's, and a worker that is always there when a request waits."""
    monkeypatch.setattr(views, "_wait", lambda seal_id, seconds: runner.drain() if seconds else None)
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {sealing_cast.alice.token()}")


def send(api: Client, appearance: object, **more: object) -> Any:
    body = json.dumps({"document": DOCUMENT, "appearance": appearance, **more})
    return api.post(SEALS, body, content_type="application/json", headers={"Prefer": "wait=30"})


def words_in(path: Path) -> str:
    command = ["pdftotext", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_seal_shows_who_sealed_and_when_and_keeps_its_logo_no_longer_than_needed(
    api: Client, sealing_cast: Cast, tmp_path: Path
) -> None:
    appearance = {"page": -1, "place": "top-left", "size": [260, 80], "logo": logo(), "qr": True}
    answer = send(api, appearance)

    assert (answer.status_code, answer.json()["status"]) == (201, "sealed")
    path = tmp_path / "sealed.pdf"
    path.write_bytes(api.get(answer.json()["links"]["content"]).getvalue())
    assert_validly_sealed(path)
    words = " ".join(words_in(path).split())
    assert f"Sealed by {sealing_cast.alice.customer.name}" in words
    assert clock.now().astimezone(clock.legal_zone()).date().isoformat() in words
    with customer_schema(sealing_cast.alice.customer.id):
        assert Seal.objects.get(id=answer.json()["id"]).encrypted_appearance is None


def test_a_form_carries_it_as_json_and_a_test_seal_says_so_on_the_page(
    sealing_cast: Cast, api: Client, tmp_path: Path
) -> None:
    robot = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {sealing_cast.alice.token(live=False)}")
    file = SimpleUploadedFile("contract.pdf", PDF, content_type="application/pdf")
    asked = json.dumps({"box": [40, 500, 200, 60], "text": "Õigsus kinnitatud\nПечать Σφραγίδα"})
    answer = robot.post(SEALS, {"file": file, "appearance": asked}, headers={"Accept": "application/pdf"})

    assert answer.status_code == 201
    path = tmp_path / "sealed.pdf"
    path.write_bytes(answer.getvalue())
    assert "TEST Õigsus kinnitatud\nПечать Σφραγίδα" in words_in(path)


@pytest.mark.parametrize(
    ("appearance", "pointer", "code"),
    [
        ("nonsense", "", "not_json"),
        ("[" * 100_000, "", "not_json"),
        ([1], "", "not_an_object"),
        ({"colour": "red"}, "/colour", "unknown_field"),
        ({"page": "1"}, "/page", "not_a_number"),
        ({"page": True}, "/page", "not_a_number"),
        ({"page": 0}, "/page", "no_such_page"),
        ({"box": [1, 2, 3]}, "/box", "not_a_box"),
        ({"box": [1, 2, "3", 4]}, "/box", "not_a_box"),
        ({"size": [10**400, 1]}, "/size", "not_a_box"),
        ({"box": [1, 2, 100, 40], "place": "top"}, "/box", "box_or_place"),
        ({"place": "middle"}, "/place", "place_unknown"),
        ({"text": 5}, "/text", "not_a_text"),
        ({"text": "漢字 and 🦭"}, "/text", "letters_missing"),
        ({"logo": "%%%"}, "/logo", "not_base64"),
        ({"logo": base64.b64encode(b"GIF89a").decode()}, "/logo", "not_a_picture"),
        ({"logo": base64.b64encode(bytes(200_001)).decode()}, "/logo", "logo_too_large"),
        ({"qr": "yes"}, "/qr", "not_a_switch"),
    ],
)
def test_what_does_not_fit_is_told_by_field_and_nothing_is_stored(
    api: Client, sealing_cast: Cast, appearance: object, pointer: str, code: str
) -> None:
    answer = send(api, appearance)

    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(f"/appearance{pointer}", code)]
    with customer_schema(sealing_cast.alice.customer.id):
        assert not Seal.objects.exists()


def test_the_printed_address_of_the_page_for_verifying_files_is_the_one_that_answers() -> None:
    assert reverse("verify") == VERIFY_PATH


def test_only_a_pdf_has_a_page_to_show_it_on(api: Client) -> None:
    digest = {"algorithm": "sha256", "value": base64.b64encode(bytes(32)).decode()}
    answers = [
        send(api, {}, format="asice"),
        send(api, {}, format="cades"),
        api.post(SEALS, json.dumps({"digest": digest, "appearance": {}}), content_type="application/json"),
    ]
    for answer in answers:
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/appearance", "pdf_only")]


@pytest.mark.parametrize(
    ("appearance", "code"),
    [
        ({"page": 2}, "no_such_page"),
        ({"box": [500, 0, 200, 40]}, "box_outside_page"),
        ({"text": "long " * 60, "size": [40, 20]}, "box_too_small"),
        ({"logo": base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(500)).decode()}, "logo_unreadable"),
    ],
)
def test_what_only_the_document_shows_to_be_wrong_ends_the_seal_with_its_code_and_free(
    api: Client, sealing_cast: Cast, appearance: object, code: str
) -> None:
    answer = send(api, appearance)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["detail"]
    figures = quota(customer_id=sealing_cast.alice.customer.id, now=clock.now())
    assert figures is not None
    assert figures.used == 0
    with customer_schema(sealing_cast.alice.customer.id):
        (seal,) = Seal.objects.all()
        assert (seal.status, seal.encrypted_appearance) == ("refused", None)


def test_another_appearance_is_another_request(api: Client) -> None:
    def sent(appearance: object) -> Any:
        body = json.dumps({"document": DOCUMENT, "appearance": appearance})
        return api.post(SEALS, body, content_type="application/json", headers={"Idempotency-Key": "k"})

    first, again, other = (
        sent({"logo": logo()}),
        sent({"logo": logo()}),
        sent({"logo": logo(optimize=True, dpi=(9, 9))}),
    )
    assert (again.json()["id"], again["Idempotent-Replayed"]) == (first.json()["id"], "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
