"""The canary: what a customer leaves behind once it is erased, in the database, its backups, files and memory.

A customer with something of everything, and strings of its own in every field it can write to, is closed. A backup is
made before. The erasure is killed after every step and begun again. Then none of the strings is anywhere, the invoices
are, and the backup opens nothing (clauses C8, D3, D4).
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
import redis
import time_machine
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django_tenants.utils import schema_context

from accounts.actions.change_webhook import change_webhook
from accounts.actions.claim_email_domain import claim_email_domain
from accounts.actions.create_api_token import create_api_token
from accounts.actions.follow_events import follow_events
from accounts.actions.give_notice import give_notice
from accounts.actions.invite_member import invite_member
from accounts.actions.set_mail_server import set_mail_server
from accounts.models import Customer, Erasure, IdentityProvider
from accounts.queries import active_memberships, actor_of_token
from accounts.rules.permissions import Role
from billing.actions.add_cost_alert import add_cost_alert
from billing.actions.set_cost_centre import set_cost_centre
from billing.actions.set_spending_cap import set_spending_cap
from kernel import clock, runner, vault
from kernel.audit_payloads import forget_secrets
from kernel.models import CustomerKey, Event
from kernel.tenancy.context import customer_schema, forget_customers
from portal.devstack.postgres import postgres_binaries
from privacy.actions._customer import CUSTOMER_STEPS, left_of_customer
from privacy.actions.issue_erasure_receipt import issue_erasure_receipt
from privacy.catalogue import TABLES
from privacy.models import RetentionItem
from privacy.rules.receipts import LINK_DAYS, added_up
from sealing.actions.change_labels import change_labels
from sealing.actions.create_label import create_label
from sealing.formats.sample import sample_pdf
from sealing.models import Document
from tests.cast import Cast, Customers
from tests.doubles.names import names
from tests.erasing import carried_out, ended, seized
from tests.isolation.world import World, bearer, make_world
from trust.gateways import hsm
from trust.gateways.hsm import HsmKeyMissing
from trust.models import SealKey

CANARY = "CANARY"


def test_nothing_of_an_erased_customer_is_left_and_no_backup_opens(
    transactional_db: None,
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(socket, "getaddrinfo", names({"mail.canary-host.example": ["8.8.8.8"]}))
    cast = Customers().cast()
    runner.drain()
    world = make_world(cast, client)
    plant(world, client)
    acme, now = cast.acme, clock.now()
    ended(cast.alice, now=now)
    runner.drain()
    assert CANARY in everything_that_is_kept(tmp_path / "before.sql"), "or this test would look for nothing"
    books = {name: rows(name, column, acme.id) for name, column, rule in tables_of_customers() if rule == "bookkeeping"}
    key = CustomerKey.objects.get(customer_id=acme.id).label
    seal_keys = list(SealKey.objects.filter(customer=acme).values_list("id", flat=True))
    link = erased_with_a_kill_after_every_step(acme.id, operator=cast.globex)

    assert left_of_customer(acme.id) == {}
    assert not any(hsm.key_exists(label) for label in [key, *seal_keys])
    for name, column, rule in tables_of_customers():
        if rule in {"content", "activity"} and name != "kernel_auditentry":  # its days go whole, unreadable by now
            assert rows(name, column, acme.id) == 0, name
        elif rule == "bookkeeping":
            assert rows(name, column, acme.id) >= books[name], name
    assert_no_trace(everything_that_is_kept(tmp_path / "after.sql"))
    assert caplog.text
    assert_no_trace(caplog.text)
    assert Erasure.objects.get(customer=acme).done_at is not None
    assert Event.objects.filter(name="customer.erased", subject=acme.id).count() == 1
    assert world.number in (tmp_path / "after.sql").read_text(), "invoices are kept"
    assert_others_work(world)
    assert_receipt(link)
    assert_backup_opens_nothing(tmp_path / "before.sql", acme, cast, client)


def plant(world: World, client: Client) -> None:
    """The string in every field that a customer can write to, through the product's own doors and actions."""
    cast, now = world.cast, clock.now()
    alice, live = cast.alice.actor, bearer(world.token)
    document = BytesIO(b"%PDF-1.7 CANARY-broken")
    document.name = "CANARY-broken.pdf"
    refused = client.post("/api/v1/batches", {"file": document}, headers=live)
    named = BytesIO(sample_pdf())
    named.name = "CANARY-name.pdf"
    wishes = {"reference": "CANARY-reference", "reason": "CANARY-reason", "location": "CANARY-place"}
    answer = client.post(
        "/api/v1/seals", {"file": named, **wishes}, headers=live | {"Idempotency-Key": "CANARY-request"}
    )
    assert (refused.status_code, answer.status_code) == (202, 202), (refused.content, answer.content)
    with customer_schema(cast.acme.id):
        label = create_label(actor=alice, name="CANARY-label", now=now)
        change_labels(actor=alice, seal_ids=[world.seal], put_on=[label], now=now)
    create_api_token(actor=alice, name="CANARY-token", live=True, scopes=frozenset({"seal.read"}), now=now)
    invite_member(actor=alice, email="CANARY-guest@example.org", role=Role.MEMBER, now=now)
    set_mail_server(
        actor=alice,
        host="mail.canary-host.example",
        port=587,
        tls="starttls",
        username="CANARY-user",
        password="CANARY-password",
        sender="CANARY-sender@example.org",
        now=now,
    )
    claim_email_domain(actor=alice, name="canary-domain.example", now=now)
    with override_settings(EGRESS_ALLOWED_NETWORKS=["127.0.0.0/8"]):
        change_webhook(
            actor=alice,
            webhook_id=world.webhook,
            url="http://127.0.0.1:9/CANARY-path",
            description="CANARY-hook",
            now=now,
        )
    set_cost_centre(actor=alice, orderer_id=cast.bob.membership.id, name="CANARY-centre", now=now)
    add_cost_alert(actor=alice, amount=Decimal(75), now=now)
    set_spending_cap(actor=alice, amount=Decimal(500), grace=3, now=now)
    Customers().member(cast.acme, "CANARY-member", "member")
    for kind, facts in (
        ("member.joined", {"name": "CANARY-joined", "role": "member"}),
        ("webhook.disabled", {"url": "https://canary-host.example/CANARY", "webhook": world.webhook, "reason": "x"}),
    ):
        give_notice(kind=kind, customer_id=cast.acme.id, now=now, permission="customer.manage", facts=facts)
    follow_events(now=now)
    runner.drain()
    IdentityProvider.objects.create(
        customer=cast.acme,
        kind="oidc",
        name="CANARY-provider",
        issuer="https://login.canary-domain.example",
        client_id="CANARY-client",
        enabled=False,
        created_at=now,
    )


def erased_with_a_kill_after_every_step(customer_id: str, *, operator: Customer) -> str:
    """The worker dies after each step, and once inside the first; each time all is begun again. Returns the link."""
    now = clock.now()
    mail.outbox.clear()
    item = seized(customer_id, now=now)
    hsm.destroy_key(CustomerKey.objects.get(customer_id=customer_id).label)  # killed between the HSM and the row
    counts: dict[str, int] = {}
    for lived in range(1, len(CUSTOMER_STEPS) + 1):
        counts = added_up(counts, carried_out(item, now=now, steps=CUSTOMER_STEPS[:lived]))
    assert carried_out(item, now=now)["memberships"] == 0, "done once more it finds nothing"
    assert (counts["customer_keys"], counts["memberships"] > 4, counts["objects"] > 4) == (1, True, True)
    owner = next(sent for sent in mail.outbox if "is erased" in sent.subject)
    assert Client().get(link_in(owner.body)).status_code == 202, "it is being made"
    with override_settings(OPERATOR_CUSTOMER=operator.slug):
        receipt = issue_erasure_receipt(item_id=item.id, clock=clock.now)
        assert issue_erasure_receipt(item_id=item.id, clock=clock.now).sha256 == receipt.sha256
    return link_in(owner.body)


def link_in(text: str) -> str:
    found = re.search(r"http\S+/privacy/receipt/\S+/", text)
    assert found is not None, text
    return found[0].removeprefix(settings.BASE_URL)


def tables_of_customers() -> list[tuple[str, str, str]]:
    """Each table of the catalogue in `public` that says whose a row is: its name, that column, and its rule."""
    existing = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    found = []
    for table in TABLES:
        column = next((each for each in ("customer_id", "tenant_id") if each in table.fields), None)
        if column and table.name in existing and not table.name.startswith("sealing_"):
            found.append((table.name, column, table.retention))
    assert len(found) > 40
    return found


def rows(table: str, column: str, customer_id: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM public.{table} WHERE {column} = %s", [customer_id])
        return int(cursor.fetchone()[0])


def everything_that_is_kept(dump: Path) -> str:
    """The database as a backup has it, every file of ours but the HSM's, all of Redis, and what the log said."""
    tool("pg_dump", "--file", str(dump), connection.settings_dict["NAME"])
    found = [dump.read_text(errors="replace")]
    for folder in (default_storage.path(""), settings.VAR_DIR / "uploads", settings.AUDIT_EXPORT_DIR, settings.LOG_DIR):
        found += [path.read_text(errors="replace") + path.name for path in Path(folder).rglob("*") if path.is_file()]
    found += [each.read_text() for each in settings.ERASURE_LEDGER_DIR.iterdir()]
    memory = redis.Redis.from_url(settings.REDIS_URL)
    found += [repr((key, memory.dump(key))) for key in memory.scan_iter()]
    return "\n".join(found)


def tool(name: str, *arguments: str) -> None:
    server = connection.settings_dict
    variables = {
        "PGHOST": server["HOST"],
        "PGPORT": str(server["PORT"]),
        "PGUSER": server["USER"],
        "PGPASSWORD": server["PASSWORD"],
    }
    subprocess.run(
        [postgres_binaries() / name, *arguments], check=True, capture_output=True, env=os.environ | variables
    )


def assert_no_trace(kept: str) -> None:
    """As it is, as PostgreSQL writes bytes, and as base64; whatever the case."""
    for written in (CANARY, CANARY.encode().hex(), CANARY.lower(), "canary-domain", "canary-host"):
        place = kept.find(written)
        assert place < 0, kept[max(0, place - 300) : place + 120]
    for shift in range(3):
        inner = b64encode(b"x" * shift + CANARY.encode())[4 if shift else 0 : -4].decode()
        assert inner not in kept, inner


def assert_others_work(world: World) -> None:
    """Acme is shut to everybody, and Globex never noticed."""
    alice, mallory = world.cast.alice, world.cast.mallory
    forget_customers()
    assert alice.client().get(alice.url("settings/closing/")).status_code in {302, 404}
    assert actor_of_token(world.token, now=clock.now()) is None
    assert mallory.client().get(mallory.url("documents/")).status_code == 200
    assert (
        Client().get(f"/api/v1/seals/{world.mallorys_seal}/content", headers=bearer(world.mallorys_token)).status_code
        == 200
    )


def assert_receipt(link: str) -> None:
    """The link works for who has it, without signing in, and no other does."""
    answer = Client().get(link)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert b"/Sig" in answer.content
    assert Client().get(link.replace("ret_", "ret_0")).status_code == 404
    with time_machine.travel(clock.now() + timedelta(days=LINK_DAYS), tick=False):
        assert Client().get(link).status_code == 404


def assert_backup_opens_nothing(dump: Path, acme: Customer, cast: Cast, client: Client) -> None:
    """Restored, Acme looks as it did; but its documents open to nobody, and it is closed before anybody comes in."""
    with restored(dump):
        assert Customer.objects.get(id=acme.id).status == "ended"
        row = CustomerKey.objects.get(customer_id=acme.id)
        with schema_context(acme.schema_name):
            document = Document.objects.exclude(object_name="").first()
            assert document is not None
            context, name = f"sealing_document/{document.id}/name", bytes(document.encrypted_name)
            with pytest.raises(HsmKeyMissing):
                vault.decrypt_text(acme.id, context, name)
        assert not hsm.key_exists(row.label)

        assert Client().get("/readyz").json() == {"database": "up", "erasures": "replay pending"}
        assert Client().get("/livez").status_code == 200
        assert Client().get("/").status_code == 503
        refused = Client().get("/api/v1/seals", headers=bearer("sp_live_x"))
        assert (refused.status_code, refused.json()["code"]) == (503, "replay_pending")
        assert Customer.objects.get(id=acme.id).status == "ended", "nothing has been served"

        runner.drain()  # a worker finds it pending, and replays before its first job
        assert Customer.objects.get(id=acme.id).status == "closed"
        assert Client().get("/readyz").json() == {"database": "up"}
        assert Client().get("/").status_code == 200
        assert active_memberships(person_id=cast.alice.person.pk) == []
        call_command("replay_erasures")
        item = RetentionItem.objects.get(state="claimed")
        assert (item.subject, item.ledger_entry.subject_kind) == (acme.id, "customer")
        carried_out(item, now=clock.now())
        assert left_of_customer(acme.id) == {}


@contextmanager
def restored(dump: Path) -> Iterator[None]:
    """The dump in a database of its own, which this process works in from here on."""
    usual, name = connection.settings_dict["NAME"], "restored"
    tool("createdb", name)
    tool("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", name, "--file", str(dump))
    connection.close()
    connection.settings_dict["NAME"] = name
    vault.forget_keys()
    forget_secrets()
    forget_customers()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
        tool("dropdb", name)
        forget_customers()
