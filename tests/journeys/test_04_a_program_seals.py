"""Story 4: a developer makes a token in the portal, and a program seals with it exactly as the pages print it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from sealing.formats.sample import sample_pdf
from tests.journeys.conftest import Browsing, token_made_in_the_portal
from tests.second_opinions import assert_validly_contained, assert_validly_sealed
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def shell(command: str, folder: Path, **variables: str) -> str:
    """Run a printed command as a reader would paste it; it must succeed."""
    ran = subprocess.run(
        ["sh", "-ec", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_what_the_portal_and_the_documentation_print_seals_a_document(
    stack: RunningStack, browsing: Browsing, tmp_path: Path
) -> None:
    owner = browsing.signed_in("owner")
    (tmp_path / "document.pdf").write_bytes(sample_pdf("A contract"))
    (tmp_path / "contract.pdf").write_bytes(sample_pdf("A contract"))
    used = stack.used()

    token = token_made_in_the_portal(owner, "Invoicing")
    printed = owner.locator("#new-token-curl").inner_text()
    answer = json.loads(shell(printed, tmp_path))
    assert (answer["status"], answer["live"], answer["document"]["name"]) == ("sealed", True, "document.pdf")

    owner.goto(f"{stack.url}/api/v1/docs/")
    documented = owner.locator("pre code").first.inner_text()
    shell(documented, tmp_path, TOKEN=token)
    assert_validly_sealed(tmp_path / "contract-sealed.pdf")

    headers = '-H "Authorization: Bearer $TOKEN"'
    shell(f"curl -sS --fail {headers} -o sealed.pdf {answer['links']['content']}", tmp_path, TOKEN=token)
    assert_validly_sealed(tmp_path / "sealed.pdf")

    # One figure everywhere: on the page, over the API, in the header of the next answer.
    told = json.loads(shell(f"curl -sS --fail {headers} {stack.url}/api/v1/usage", tmp_path, TOKEN=token))
    owner.goto(f"{stack.url}/c/demo/usage/")
    shown = owner.locator("dl.figures dd").first.inner_text()
    again = shell(f"curl -sS --fail -i {headers} -F file=@document.pdf {stack.url}/api/v1/seals", tmp_path, TOKEN=token)
    in_header = re.search(r"(?im)^x-seal-quota-used: (\d+)", again)
    assert in_header
    assert used + 2 == told["used"] == int(re.sub(r"\D", "", shown))
    assert int(in_header[1]) in {used + 2, used + 3}
    stack.finished(json.loads(again.splitlines()[-1])["id"])

    # Revoked in the portal, it is refused at once.
    owner.goto(f"{stack.url}/c/demo/developers/tokens/")
    owner.get_by_role("button", name="Revoke Invoicing").click()
    dialog = owner.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Invoicing")
    dialog.get_by_role("button", name="Revoke the token").click()
    owner.get_by_text("The token is revoked.").wait_for()
    assert stack.api("GET", "/usage", token=token).status == 401


def test_a_test_token_makes_free_seals_that_say_so(stack: RunningStack, browsing: Browsing, tmp_path: Path) -> None:
    owner = browsing.signed_in("owner")
    (tmp_path / "document.pdf").write_bytes(sample_pdf("An attempt"))
    used = stack.used()

    token = token_made_in_the_portal(owner, "Trying out", live=False)
    printed = owner.locator("#new-token-curl").inner_text()
    answer = json.loads(shell(printed, tmp_path))

    assert (answer["status"], answer["live"], answer["billable"]) == ("sealed", False, False)
    assert stack.used() == used
    sealed = stack.api("GET", answer["links"]["content"], token=token)
    assert b"TEST" in sealed.body


def test_the_same_idempotency_key_seals_once(stack: RunningStack) -> None:
    used, document = stack.used(), sample_pdf("Sent twice")
    key = {"Idempotency-Key": f"invoice-{used}-{os.getpid()}"}

    first = stack.order(document, headers=key, wait=30)
    again = stack.order(document, headers=key, wait=30)
    other = stack.order(sample_pdf("Something else"), headers=key)

    assert (first.status, again.status, first.json["id"]) == (201, 201, again.json["id"])
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert other.headers["content-type"] == "application/problem+json"
    assert stack.used() == used + 1


def test_who_prefers_not_to_wait_asks_again(stack: RunningStack) -> None:
    accepted = stack.order(sample_pdf("No hurry"))

    assert accepted.status in {201, 202}
    assert accepted.headers["location"] == accepted.json["links"]["self"]
    seal = stack.finished(accepted.json["id"])
    assert seal["status"] == "sealed"
    listed = stack.api("GET", "/seals").json["items"]
    assert seal["id"] in [item["id"] for item in listed]


def test_other_customers_see_nothing_of_it(stack: RunningStack) -> None:
    seal = stack.order(sample_pdf("Private"), wait=30).json
    stranger = stack.demo["other_customer"]["api_token"]

    for link in (seal["links"]["self"], seal["links"]["content"]):
        answer = stack.api("GET", link, token=stranger)
        assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert seal["id"] not in stack.api("GET", "/seals", token=stranger).body.decode()


def test_the_documented_commands_do_what_they_say(stack: RunningStack, tmp_path: Path) -> None:
    document = tmp_path / "offer.pdf"
    document.write_bytes(sample_pdf("An offer"))
    used = stack.used()

    sealed = stack.manage("seal", document, "--customer", "demo")
    assert sealed.returncode == 0, sealed.stderr
    assert_validly_sealed(tmp_path / "offer-sealed.pdf")
    tried = stack.manage(
        "seal", document, "--customer", "demo", "--test", "--level", "B-T", "--out", tmp_path / "t.pdf"
    )
    assert tried.returncode == 0, tried.stderr
    assert_validly_sealed(tmp_path / "t.pdf")
    assert stack.used() == used + 1

    note, folder = tmp_path / "note.txt", tmp_path / "again"
    note.write_text("not a PDF")
    folder.mkdir()
    (folder / "NOTE.TXT").write_text("the same name")
    together = stack.manage("seal", note, document, "--customer", "demo", "--test")
    assert together.returncode == 0, together.stderr
    assert_validly_contained(tmp_path / "note.asice")
    contained = stack.manage("seal", document, "--customer", "demo", "--test", "--format", "asice")
    assert contained.returncode == 0, contained.stderr
    assert_validly_contained(tmp_path / "offer.asice")
    ambiguous = stack.manage("seal", note, folder / "NOTE.TXT", "--customer", "demo", "--test")
    assert ambiguous.returncode != 0
    assert "duplicate_name" in ambiguous.stderr

    (tmp_path / "note.pdf").write_text("not a PDF")
    refused = stack.manage("seal", tmp_path / "note.pdf", "--customer", "demo")
    assert refused.returncode != 0
    assert "not_a_pdf" in refused.stderr

    doctor = stack.manage("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "FAILED" not in doctor.stdout
    checked = stack.manage("check_invariants")
    assert (checked.returncode, checked.stdout) == (0, "All invariants hold.\n")
