"""The audit trail for people, for programs and for who believes nobody."""

from __future__ import annotations

import csv
import json
import runpy
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.actions.invite_member import invite_member
from accounts.actions.suspend_member import suspend_member
from accounts.rules.permissions import Role
from kernel import audit, clock, vault
from kernel.actor import Actor
from kernel.audit_payloads import forget_secrets
from kernel.audit_verification import periods
from kernel.models import AuditEntry
from tests.architecture.source import ROOT
from tests.cast import Cast, Customers
from tests.doors.test_trust_doors import signed_in_staff
from trust.actions.checkpoint_audit import checkpoint_audit
from trust.gateways.data_keys import HsmDataKeys
from trust.gateways.hsm import HsmUnavailable

RECIPE = ROOT / "docs" / "recipes" / "verify_audit.py"


def commit_links() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def acme(cast: Cast) -> Cast:
    """Acme's trail, with what a member, a token, staff and the system did."""
    now = clock.now()
    invite_member(actor=cast.alice.actor, email="ruta@example.org", role=Role.DEVELOPER, now=now)
    staff = Actor.staff(person_id="7", name="Sam", reason="They asked for it.")
    for actor, action in (
        (Actor(kind="token", id="tok_1", name="=robot", customer_id=cast.acme.id), "seal.accepted"),
        (staff, "customer.restored"),
        (Actor.system("sealing.perform_seal"), "seal.published"),
    ):
        audit.record(actor=actor, action=action, now=now, customer_id=cast.acme.id, subject=f"seal_{actor.kind}")
    audit.record(actor=cast.mallory.actor, action="label.created", now=now, subject="globex-only")
    commit_links()
    return cast


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode()


def test_the_page_tells_who_did_what_in_words_and_marks_who_is_no_member(acme: Cast) -> None:
    page = text_of(acme.alice.client(), acme.alice.url("audit/"))
    assert "Alice invited ruta@example.org as Developer" in page
    assert "Our staff" in page
    assert "They asked for it." in page
    assert "The system sealed seal_system" in page
    assert "globex-only" not in page


def test_a_fact_that_holds_others_is_told_in_words(acme: Cast) -> None:
    suspend_member(actor=acme.alice.actor, membership_id=acme.bob.membership.id, now=clock.now())
    commit_links()
    page = text_of(acme.alice.client(), acme.alice.url("audit/"))
    assert "status: suspended" in page
    assert "{&#x27;" not in page


NARROWED = [
    ("who=staff", "seal_staff", "seal_token"),
    ("who=tok_1", "seal_token", "seal_staff"),
    ("group=member", "ruta@example.org", "seal_token"),
    ("subject=seal_system", "sealed seal_system", "seal_staff"),
    ("named=seal_token", "seal_token", "seal_staff"),
    ("named=1", "opened the account of Acme", "seal_staff"),
    ("since=2999-01-01", "Nothing in the trail fits", "seal_staff"),
    ("until=2001-01-01", "Nothing in the trail fits", "seal_staff"),
    ("until=2999-01-01&since=nonsense&group=nonsense&cursor=nonsense", "seal_token", "Nothing in the trail"),
]


def test_the_page_is_narrowed_by_what_stands_in_its_address(acme: Cast) -> None:
    client = acme.alice.client()
    for query, shown, hidden in NARROWED:
        page = text_of(client, acme.alice.url(f"audit/?{query}"))
        assert shown in page, query
        assert hidden not in page.replace(query, ""), query


def test_only_who_may_read_it_and_only_the_own_one(acme: Cast) -> None:
    for path in ("audit/", "audit.csv", "audit.json", "audit/evidence.jsonl"):
        assert acme.dave.client().get(acme.dave.url(path)).status_code == 403
        assert acme.mallory.client().get(acme.alice.url(path)).status_code == 404


def test_a_long_trail_is_paged_without_gaps_for_people_and_programs(acme: Cast, client: Client) -> None:
    for number in range(60):
        audit.record(actor=acme.alice.actor, action="label.created", now=clock.now(), subject=f"label_{number}")
    header = {"Authorization": f"Bearer {acme.alice.token(scopes=frozenset({'audit.read'}))}"}
    commit_links()
    seen: list[int] = []
    cursor = None
    while True:
        asked = {"cursor": cursor} if cursor else {}
        answer: Any = client.get("/api/v1/audit", asked, headers=header)
        assert answer.status_code == 200, answer.content
        seen += [item["number"] for item in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert seen == list(range(seen[0], 0, -1))
    page = text_of(acme.alice.client(), acme.alice.url("audit/"))
    assert "Older" in page


def test_the_api_narrows_refuses_nonsense_and_needs_its_scope(acme: Cast, client: Client) -> None:
    header = {"Authorization": f"Bearer {acme.alice.token(scopes=frozenset({'audit.read'}))}"}
    commit_links()
    [item] = client.get("/api/v1/audit", {"who": "staff"}, headers=header).json()["items"]
    assert (item["actor"]["name"], item["reason"], item["what"]) == (
        "Sam",
        "They asked for it.",
        "Sam restored the customer",
    )
    for query in ({"since": "yesterday"}, {"group": "x"}, {"cursor": "%"}, {"actor": "x"}, {"who": "a" * 81}):
        assert client.get("/api/v1/audit", query, headers=header).status_code == 422, query
    other = {"Authorization": f"Bearer {acme.alice.token(scopes=frozenset({'seal.read'}))}"}
    assert client.get("/api/v1/audit", headers=other).status_code == 403


def test_exports_hold_what_the_page_shows_no_formula_and_are_recorded(acme: Cast) -> None:
    client = acme.alice.client()
    rows = list(csv.DictReader(text_of(client, acme.alice.url("audit.csv?who=token")).splitlines()))
    assert [row["actor_name"] for row in rows] == ["'=robot"]
    items = json.loads(text_of(client, acme.alice.url("audit.json?group=member")))
    assert [item["details"]["email"] for item in items] == ["ruta@example.org"]
    assert AuditEntry.objects.filter(action="audit.exported").count() == 2


def test_without_the_hsm_the_page_still_tells_what_happened_and_no_file_is_half(
    acme: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_words: object) -> bytes:
        raise HsmUnavailable("away")

    vault.forget_keys()
    forget_secrets()
    monkeypatch.setattr(HsmDataKeys, "unwrap", away)
    page = text_of(acme.alice.client(), acme.alice.url("audit/"))
    assert "cannot be read at this moment" in page
    assert "The system sealed seal_system" in page
    assert "ruta@example.org" not in page
    assert acme.alice.client().get(acme.alice.url("audit.csv")).status_code == 503


def test_staff_see_of_customers_the_readable_part_alone(acme: Cast, customers: Customers) -> None:
    entry = AuditEntry.objects.filter(customer_id=acme.acme.id, action="member.invited").get()
    sam = signed_in_staff(customers)
    for path in (f"/staff/kernel/auditentry/?q={acme.acme.id}", f"/staff/kernel/auditentry/{entry.id}/change/"):
        page = text_of(sam, path)
        assert "member.invited" in page
        assert "ruta@example.org" not in page
    audit.record(actor=Actor.system("tests"), action="x.done", now=clock.now(), details={"method": "code", "step": ""})
    page = text_of(sam, "/staff/kernel/auditentry/?q=x.done")
    assert ("method: code" in page, "step:" in page, "&#x27;method" in page) == (True, False, False)


@pytest.fixture
def evidence(acme: Cast, tmp_path: Path, settings: Any) -> Path:
    """The evidence of Acme with a checkpoint, and the operator's keys beside it."""
    settings.AUDIT_EXPORT_DIR = tmp_path / "checkpoints"
    checkpoint_audit(now=clock.now())
    (tmp_path / "evidence.jsonl").write_text(text_of(acme.alice.client(), acme.alice.url("audit/evidence.jsonl")))
    (tmp_path / "keys.json").write_text(text_of(Client(), "/.well-known/sealport-audit-keys.json"))
    return tmp_path / "evidence.jsonl"


def verified(evidence: Path) -> tuple[int, str]:
    command = [sys.executable, RECIPE, evidence.name, "keys.json"]
    ran = subprocess.run(command, cwd=evidence.parent, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def faults_in(evidence: Path, lines: list[dict[str, Any]]) -> str:
    """What the recipe finds in other lines, compared with the file of before, too; empty when all holds."""
    evidence.write_text("".join(json.dumps(line) + "\n" for line in lines))
    keys = json.loads((evidence.parent / "keys.json").read_text())
    recipe = runpy.run_path(str(RECIPE))
    try:
        recipe["verify"](evidence, keys, evidence.parent / "earlier.jsonl")
    except recipe["Wrong"] as wrong:
        return str(wrong)
    return ""


def changed(lines: list[dict[str, Any]], kind: str, **changes: Any) -> list[dict[str, Any]]:
    """The first line of a kind with something else in it."""
    index = next(number for number, line in enumerate(lines) if line["kind"] == kind)
    return [*lines[:index], {**lines[index], **changes}, *lines[index + 1 :]]


def cut(lines: list[dict[str, Any]], **changes: Any) -> list[dict[str, Any]]:
    """Without the oldest entry, which is said to have been dropped in its time."""
    oldest = next(line for line in lines if line["kind"] == "entry" and line["seq"] == 1)
    dropped = {"kind": "cut", "first_seq": 1, "last_seq": 1, "hash": oldest["hash"], "retention": "activity"}
    dropped |= {"cut_at": datetime.now(UTC).isoformat(), **changes}
    return [lines[0], dropped, *(line for line in lines[1:] if line is not oldest)]


def test_the_recipe_knows_every_class_for_as_long_as_it_is_kept(db: None) -> None:
    kept = runpy.run_path(str(RECIPE))["KEPT"]
    assert set(kept) == set(periods())
    assert all(kept[name] <= period for name, period in periods().items())


def test_the_recipe_verifies_the_evidence_and_finds_every_change(evidence: Path) -> None:
    code, said = verified(evidence)
    assert code == 0, said
    assert said.startswith("ok: ")

    (evidence.parent / "earlier.jsonl").write_text(evidence.read_text())
    whole = [json.loads(line) for line in evidence.read_text().splitlines()]
    entries = [number for number, line in enumerate(whole) if line["kind"] == "entry"]
    checkpoint = next(line for line in whole if line["kind"] == "checkpoint")
    first = whole[entries[0]]
    swapped = list(whole)
    swapped[entries[0]], swapped[entries[1]] = (
        {**whole[entries[1]], "seq": whole[entries[0]]["seq"]},
        {**whole[entries[0]], "seq": whole[entries[1]]["seq"]},
    )
    newest = whole[entries[1]]
    tampered = {
        "metadata": changed(whole, "entry", metadata=first["metadata"].replace("seal.published", "seal.refused")),
        "payload": changed(whole, "entry", payload="AGE="),
        "removed": [line for number, line in enumerate(whole) if number != entries[1]],
        "reordered": swapped,
        "truncated": [line for number, line in enumerate(whole) if number != entries[0]],
        "truncated with its end": changed(
            [line for number, line in enumerate(whole) if number != entries[0]],
            "chain",
            seq=newest["seq"],
            hash=newest["hash"],
        ),
        "checkpoint's end": changed(whole, "checkpoint", hash="00" * 32),
        "checkpoint": changed(whole, "checkpoint", jws=checkpoint["jws"][:-8] + "AAAAAAAA"),
        "timestamp": changed(whole, "checkpoint", timestamp=checkpoint["timestamp"][:-8] + "AAAAAAA="),
        "dropped tomorrow": cut(whole, cut_at="2099-01-01T00:00:00+00:00"),
        "dropped today": cut(whole),
        "dropped as nothing": cut(whole, retention="nothing", cut_at="2099-01-01T00:00:00+00:00"),
        "a cut that leads back": cut(whole, first_seq=2),
        "without checkpoints": [line for line in whole if line["kind"] != "checkpoint"],
    }
    assert faults_in(evidence, whole) == ""
    for name, lines in tampered.items():
        assert faults_in(evidence, lines), name
    evidence.write_text("".join(json.dumps(line) + "\n" for line in tampered["removed"]))
    assert verified(evidence)[0] == 1
