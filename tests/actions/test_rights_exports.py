"""The copy of somebody's data: all of it, nothing of others, sealed, encrypted, gone in time (D1; GDPR 15, 20)."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import time
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils.html import escape

from accounts.actions.invite_member import invite_member
from accounts.models import ApiToken, Invitation, Notice, NoticeDelivery, Webhook
from accounts.queries.person_rows import account_rows
from accounts.queries.whose import known_as
from accounts.rules.permissions import Role
from accounts.rules.staff_roles import StaffRole
from kernel import audit, clock, jobs, runner, vault
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.models import AuditEntry, Event, Job
from kernel.reading import OPERATOR
from privacy.actions._retention import Spared
from privacy.actions._sweeps import SWEEPS
from privacy.actions.download_export import download_export
from privacy.actions.prepare_export import prepare_export
from privacy.actions.send_contact_message import Written, send_contact_message
from privacy.catalogue import PURPOSE, STORES, TABLES
from privacy.catalogue.exported import ABOUT_WHO_ASKS, LEFT_OUT, PORTABLE
from privacy.models import RightsExport, RightsRequest
from privacy.queries.exports import export_secret, offered_for_request, offered_to_person
from privacy.queries.person_rows import everything_about
from privacy.rules.inventory import Kind
from tests.actions.test_sealing_digests import accept, digest_of
from tests.cast import Cast, Customers, Member
from tests.second_opinions import openssl_verifies
from tests.staff import staff_person
from tests.sweeping import boundary
from trust.gateways.chains import trust_anchors

SYSTEM = Actor.system("tests")


@dataclass(frozen=True)
class Opened:
    """A package, unpacked by `unzip`."""

    folder: Path

    def rows(self, table: str) -> list[dict[str, Any]]:
        path = self.folder / "data" / f"{table}.json"
        found: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())
        return read

    @property
    def everything(self) -> str:
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".p7s"]
        return "\n".join(path.read_text() for path in files)

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def acme(sealing_cast: Cast, settings: Any) -> Cast:
    """Acme, whose seal is the operator's."""
    settings.OPERATOR_CUSTOMER = sealing_cast.acme.slug
    return sealing_cast


def prepared(who: Member | None = None, *, kind: str = "access", email: str = "", request_id: str = "rgt_1") -> None:
    prepare_export(
        actor=SYSTEM,
        request_id=request_id,
        person_id=who.person.pk if who else None,
        email=email,
        kind=kind,
        language="en",
        clock=clock.database_clock(),
    )


def opened(folder: Path, request_id: str = "rgt_1") -> Opened:
    row = RightsExport.objects.get(request_id=request_id)
    found = download_export(actor=SYSTEM, secret=export_secret(row.id), now=clock.now())
    archive = folder / f"{request_id}.zip"
    archive.write_bytes(b"".join(found.parts))
    assert archive.stat().st_size == found.size
    subprocess.run(["unzip", "-tqq", archive], check=True, timeout=60)
    target = folder / request_id
    subprocess.run(["unzip", "-qq", archive, "-d", target], check=True, timeout=60)
    return Opened(target)


# --- What it has to hold


def test_every_table_about_people_who_may_ask_is_in_the_copy_or_left_out_for_a_reason(cast: Cast) -> None:
    about = {table.name: table for table in TABLES if ABOUT_WHO_ASKS & set(table.about)}
    given = {rows.table: rows for rows in everything_about(known_as(person_id=cast.bob.person.pk))}
    personal = {name for name, table in about.items() if Kind.PERSONAL in table.fields.values()}
    assert sorted(personal - given.keys() - LEFT_OUT.keys()) == [], "neither in the copy nor left out with a reason"
    assert not given.keys() & LEFT_OUT.keys()
    assert given.keys() <= {table.name for table in TABLES}
    for name, rows in given.items():
        fields = next(table for table in TABLES if table.name == name).fields
        told = {*rows.types, *rows.withheld}
        assert {field for field, kind in fields.items() if kind is Kind.PERSONAL} <= told, f"{name}: not told of"
        assert not rows.types.keys() & rows.withheld.keys(), name
    places = {store.key for store in STORES if ABOUT_WHO_ASKS & set(store.about) and Kind.PERSONAL in store.kinds}
    assert sorted(places - LEFT_OUT.keys()) == []
    known = {table.name for table in TABLES} | {store.key for store in STORES}
    assert LEFT_OUT.keys() | PORTABLE <= known
    for name in PORTABLE:
        basis = PURPOSE[about[name].purpose].basis
        assert "6 (1) (b)" in basis or "6 (1) (a)" in basis, f"{name} rests on neither consent nor contract"


def lively(acme: Cast) -> dict[str, str]:
    """Bob and others at work, and the secrets that come of it."""
    secrets = {"token": acme.dave.token(live=False)}
    now = clock.now()
    invite_member(actor=acme.alice.actor, email="newcomer@elsewhere.example", role=Role.MEMBER, now=now)
    Webhook.objects.create(
        customer=acme.acme,
        live=False,
        url="https://hooks.elsewhere.example/secret-path",
        keys=b"sealed-keys",
        public_key="public-key-of-the-hook",
        seen_transaction=0,
        seen_event=0,
        created_by=acme.dave.membership.id,
        created_by_name="Dave",
        created_at=now,
    )
    accept(acme.bob.actor, digest_of(), live=False)
    for name, email in (("=Bob", acme.bob.person.email), ("Trent", "trent@elsewhere.example")):
        send_contact_message(
            actor=SYSTEM,
            written=Written("other", name, email, f"from {name}", "en"),
            consent_text="I agree",
            now=now,
        )
    acme.bob.confirmed()
    acme.alice.confirmed()
    runner.drain()
    return secrets


def test_it_is_complete_readable_sealed_and_of_nobody_else(acme: Cast, tmp_path: Path) -> None:
    secrets = lively(acme)
    bob, dave = acme.bob, acme.dave
    audit.record(
        actor=bob.actor,
        action="member.invited",
        now=clock.now(),
        subject=acme.carol.membership.id,
        details={"email": "guest@elsewhere.example", "role": "member", "note": f"for {acme.alice.person.email} alone"},
    )
    audit.record(
        actor=acme.alice.actor,
        action="member.role_changed",
        now=clock.now(),
        subject=bob.membership.id,
        details={"name": "Bob", "to": {"role": "member"}, "by": "Alice"},
    )
    prepared(bob)
    prepared(dave, request_id="rgt_2")
    package = opened(tmp_path)

    package.run("sha256sum", "-c", "SHA256SUMS")
    listed = {line.split("  ")[1] for line in (package.folder / "SHA256SUMS").read_text().splitlines()}
    files = {path.relative_to(package.folder).as_posix() for path in package.folder.rglob("*") if path.is_file()}
    assert files - listed == {"SHA256SUMS", "SHA256SUMS.p7s"}
    roots = tmp_path / "roots.pem"
    anchors = (x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in trust_anchors(live=True))
    roots.write_bytes(b"".join(anchors))
    assert openssl_verifies(package.folder / "SHA256SUMS.p7s", package.folder / "SHA256SUMS", roots)
    with (package.folder / "SHA256SUMS").open("a") as file:
        file.write("\n")
    assert not openssl_verifies(package.folder / "SHA256SUMS.p7s", package.folder / "SHA256SUMS", roots)

    [person] = package.rows("accounts_person")
    assert (person["id"], person["email"], person["name"]) == (bob.person.pk, bob.person.email, "Bob")
    [membership] = package.rows("accounts_membership")
    assert (membership["id"], membership["customer_name"], membership["role"]) == (bob.membership.id, "Acme", "member")
    [seal] = package.rows("sealing_seal")
    assert (seal["customer_id"], seal["requested_by"]) == (acme.acme.id, bob.membership.id)
    [message] = package.rows("privacy_contactmessage")
    assert message["name"] == "=Bob"
    [line] = csv.DictReader(StringIO((package.folder / "data/privacy_contactmessage.csv").read_text()))
    assert (line["name"], line["message"]) == ("'=Bob", "from =Bob"), "no formula"
    assert package.rows("usersessions_usersession")
    assert package.rows("account_emailaddress")
    trail = {row["action"]: row for row in package.rows("kernel_auditentry")}
    assert trail["member.invited"]["payload"] == {
        "email": "[another person]",
        "role": "member",
        "note": "for [another person] alone",
    }
    changed = trail["member.role_changed"]
    assert (changed["by_you"], changed["actor_id"], changed["actor_name"]) == (False, None, None)
    assert changed["payload"] == {"name": "Bob", "to": {"role": "member"}, "by": "[another person]"}

    said = package.everything
    others = [acme.alice, acme.carol, acme.dave, acme.mallory]
    strange = [*(other.person.email for other in others), *(other.membership.id for other in others)]
    strange += ["Alice", "Carol", "Mallory", "newcomer@", "guest@", "trent@", "Trent", "Globex"]
    assert [word for word in strange if word in said] == []
    hidden = [*secrets.values(), *(part for part in secrets["token"].split("_")[3:])]
    hidden += [bob.person.password, dave.person.password, *Session.objects.values_list("session_key", flat=True)]
    hidden += [*ApiToken.objects.values_list("secret_hash", flat=True)]
    hidden += [*Invitation.objects.values_list("secret_hash", flat=True)]
    hidden += ["sealed-keys", "secret-path", export_secret(RightsExport.objects.first().id)]  # type: ignore[union-attr]
    developers = opened(tmp_path, "rgt_2")
    assert [row["created_by"] for row in developers.rows("accounts_webhook")] == [dave.membership.id]
    assert [row["created_by_id"] for row in developers.rows("accounts_apitoken")] == [dave.membership.id]
    both = said + developers.everything
    assert [word for word in hidden if word and word in both] == []

    for file in (package.folder / "schema").iterdir():
        schema, rows = json.loads(file.read_text()), package.rows(file.stem)
        assert rows
        assert all([*row] == schema["items"]["required"] for row in rows)
    page = (package.folder / "index.html").read_text()
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert {each["name"] for each in package.manifest["left_out"]} == LEFT_OUT.keys()
    assert all(escape(each["reason"]) in page for each in package.manifest["left_out"])
    assert package.manifest["documents"]["ask"] == ["Acme"]
    told = json.loads((package.folder / "article15.json").read_text())
    answer = (package.folder / "article15.html").read_text()
    assert all(escape(activity["purpose"]) in answer for activity in told["processing"])
    assert all(escape(right["meaning"]) in answer for right in told["rights"])


def test_portability_is_what_somebody_gave_us_or_their_use_left_for_programs(acme: Cast, tmp_path: Path) -> None:
    prepared(acme.dave, kind="portability")
    package = opened(tmp_path)
    names = {path.name for path in package.folder.iterdir()}
    assert names == {"README.txt", "SHA256SUMS", "SHA256SUMS.p7s", "data", "manifest.json", "schema"}
    written = {path.stem for path in (package.folder / "data").iterdir()}
    assert {"accounts_person", "accounts_membership"} <= written <= PORTABLE
    assert package.manifest["kind"] == "portability"


def test_who_has_no_account_gets_what_came_from_their_address_and_nothing_that_is_empty_elsewhere(
    acme: Cast, tmp_path: Path
) -> None:
    lively(acme)
    prepared(email="TRENT@elsewhere.example")
    package = opened(tmp_path)
    assert [row["name"] for row in package.rows("privacy_contactmessage")] == ["Trent"]
    assert {path.stem for path in (package.folder / "data").iterdir()} == {"privacy_contactmessage"}
    prepared(email="newcomer@elsewhere.example", request_id="rgt_2")
    [invited] = opened(tmp_path, "rgt_2").rows("accounts_invitation")
    assert (invited["email"], invited["invited_by"]) == ("newcomer@elsewhere.example", None)
    prepared(email=acme.bob.person.email.upper(), request_id="rgt_3")
    assert RightsExport.objects.get(request_id="rgt_3").person_id is None
    by_address = opened(tmp_path, "rgt_3")
    assert by_address.rows("privacy_contactmessage")
    assert not by_address.rows("accounts_person"), "an address is not the account"


def test_a_bare_name_counts_only_where_nobody_else_bears_it(customers: Customers, cast: Cast) -> None:
    first, second = known_as(person_id=cast.bob.person.pk), known_as(person_id=cast.alice.person.pk)
    assert first.named_at == first.customers == (cast.acme.id,)
    customers.member(cast.acme, "BOB", "member")
    assert known_as(person_id=cast.bob.person.pk).named_at == ()
    assert known_as(person_id=cast.alice.person.pk).named_at == second.named_at == (cast.acme.id,)
    sam = staff_person("Sam", StaffRole.SUPPORT)
    assert known_as(person_id=sam.person.pk).staff_names[0] == "Sam"
    staff_person("sam", StaffRole.CHIEF)
    assert known_as(person_id=sam.person.pk).staff_names == ()


# --- Made once, fetched by its link, gone in time


def test_it_is_made_once_encrypted_and_a_second_run_that_was_late_leaves_nothing(acme: Cast) -> None:
    def files() -> list[str]:
        return default_storage.listdir(OPERATOR)[1] if default_storage.exists(OPERATOR) else []

    before = len(files())
    prepared(acme.bob)
    prepared(acme.bob)
    row = RightsExport.objects.get()
    assert len(files()) == before + 1
    with default_storage.open(row.object_name) as file:
        assert not file.read().startswith(b"PK"), "encrypted"
    assert AuditEntry.objects.filter(action="rights_export.made").count() == 1
    [event] = Event.objects.filter(name="rights_export.made")
    assert (event.subject, event.payload) == ("rgt_1", {"export": row.id})
    assert row.delete_on == clock.legal_date(row.made_at) + timedelta(days=8), "seven whole days"


def test_the_task_reads_the_request_and_does_nothing_for_what_is_closed_or_not_shown_to_be_theirs(acme: Cast) -> None:
    now = clock.now()
    request = RightsRequest.objects.create(
        number="R-1",
        kind="access",
        person_id=acme.bob.person.pk,
        email=acme.bob.person.email,
        language="lt",
        secret_hash="x",
        received_at=now,
        due_on=now.date(),
    )

    def run(key: str) -> int:
        jobs.enqueue("privacy.prepare_export", key=key, now=now, payload={"subject": request.id})
        runner.drain()
        return RightsExport.objects.count()

    assert run("1") == 0
    RightsRequest.objects.filter(pk=request.pk).update(identity_at=now, kind="erasure")
    assert run("2") == 0
    RightsRequest.objects.filter(pk=request.pk).update(kind="access")
    assert run("3") == 1
    assert not Job.objects.filter(state="dead").exists()


def test_the_link_sends_the_file_until_the_end_of_its_days_and_unknown_and_over_look_the_same(acme: Cast) -> None:
    prepared(acme.bob)
    row = RightsExport.objects.get()
    today = clock.legal_date(clock.now())
    offered = offered_for_request("rgt_1", today=today)
    assert offered
    assert [offered] == offered_to_person(acme.bob.person.pk, today=today)
    assert offered_to_person(acme.alice.person.pk, today=today) == []
    client = Client(HTTP_HOST="localhost")
    shown = client.get(offered.path)
    assert shown.status_code == 200
    assert shown["Referrer-Policy"] == "same-origin", "the address is a secret, and its own form has to work"
    assert RightsExport.objects.get().downloads == 0, "who only looks has fetched nothing"
    answer = client.post(offered.path)
    body = b"".join(answer)  # type: ignore[arg-type]
    assert answer["Content-Type"] == "application/zip"
    assert body.startswith(b"PK")
    assert len(body) == row.size == int(answer["Content-Length"])
    assert acme.bob.client().post(offered.path).status_code == 200
    row.refresh_from_db()
    assert row.downloads == 2
    assert row.downloaded_at is not None
    fetched = AuditEntry.objects.filter(action="rights_export.downloaded").order_by("id")
    assert [each.actor_kind for each in fetched] == ["system", "person"]

    RightsExport.objects.update(made_on=today - timedelta(days=7), delete_on=today + timedelta(days=1))
    assert client.get(offered.path).status_code == 200, "on the last day"
    RightsExport.objects.update(made_on=today - timedelta(days=8), delete_on=today)
    over, unknown = client.get(offered.path), client.get("/privacy/export/nothing/")
    assert over.status_code == unknown.status_code == 404
    assert _without_numbers(over.content, offered.path) == _without_numbers(unknown.content, "/privacy/export/nothing/")
    assert client.post(offered.path).status_code == 404
    with pytest.raises(NotFound):
        download_export(actor=SYSTEM, secret=export_secret(row.id), now=clock.now())
    assert offered_for_request("rgt_1", today=today) is None


def _without_numbers(page: bytes, path: str) -> str:
    """A page without the address it was asked at, and what is new with each answer."""
    return re.sub(r'(value|nonce|data-request)="[^"]{20,}"|req_\w+', "", page.decode().replace(path, ""))


def test_what_is_over_is_deleted_file_first_and_what_is_not_stays(acme: Cast, settings: Any) -> None:
    prepared(acme.bob)
    row, noon = RightsExport.objects.get(), clock.legal_midnight(clock.legal_date(clock.now())) + timedelta(hours=12)
    sweep = next(each for each in SWEEPS if each.store == "privacy_rightsexport")

    def swept_on(days: int) -> int:
        return sweep.erase(before=boundary(sweep, noon + timedelta(days=days)), limit=9, spared=Spared())

    assert swept_on(7) == 0
    assert default_storage.exists(row.object_name)
    vault.delete_object(row.object_name)  # a run that died after the file
    due = boundary(sweep, noon + timedelta(days=8))
    assert (sweep.due(due), sweep.population(), sweep.oldest()) == (1, 1, row.made_at)
    for held in (Spared(people=frozenset({str(row.person_id)})), Spared(subjects=frozenset({row.request_id}))):
        assert sweep.erase(before=due, limit=9, spared=held) == 0
    assert swept_on(8) == 1
    assert swept_on(8) == 0
    assert not RightsExport.objects.exists()
    prepared(acme.bob)
    second = RightsExport.objects.get()
    assert swept_on(8) == 1
    assert not default_storage.exists(second.object_name)


def test_ten_thousand_entries_of_the_trail_are_written_within_seconds(acme: Cast, tmp_path: Path) -> None:
    audit.record(actor=acme.bob.actor, action="seal.accepted", now=clock.now(), details={"number": 1})
    columns = "retention, at, customer_id, actor_kind, actor_id, action, subject, request_id, payload, content_hash"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO kernel_auditentry ({columns})"
            f" SELECT {columns} FROM kernel_auditentry, generate_series(1, 10000)"
            " WHERE actor_id = %s AND action = 'seal.accepted'",
            [acme.bob.membership.id],
        )
    began = time.monotonic()
    prepared(acme.bob)
    assert time.monotonic() - began < 10
    package = opened(tmp_path)
    assert len(package.rows("kernel_auditentry")) >= 10_000
    assert (package.folder / "index.html").read_text().count("<tr") < 1_000


def test_what_another_account_was_told_and_asked_at_an_address_that_is_mine_now_is_not_in_my_copy(
    acme: Cast, tmp_path: Path
) -> None:
    """A mailbox such as office@ goes from hand to hand."""
    mine, before = "office@acme.example", acme.alice.person
    for request_id, person_id in (("rgt_theirs", before.pk), ("rgt_nobodys", None)):
        RightsRequest.objects.create(
            id=request_id,
            number=request_id,
            kind="rectification",
            email=mine,
            person_id=person_id,
            name="Alice",
            message="I am ill",
            language="en",
            secret_hash=request_id,
            received_at=clock.now(),
            due_on=clock.legal_date(clock.now()),
            state="withdrawn",
            closed_at=clock.now(),
        )
    given = {rows.table: list(rows.rows) for rows in everything_about(known_as(email=mine.upper()))}
    assert [row["id"] for row in given["privacy_rightsrequest"]] == ["rgt_nobodys"]
    notice = Notice.objects.create(kind="member.joined", customer=acme.acme, number="2026-9", at=clock.now(), facts={})
    NoticeDelivery.objects.create(notice=notice, person=before, email=mine, language="en", state="sent")
    assert not list(next(rows.rows for rows in account_rows(known_as(email=mine)) if rows.table == "accounts_notice"))
