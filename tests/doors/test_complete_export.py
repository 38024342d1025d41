"""The complete export is complete: whatever is kept of a customer's is in it, or the file says why not (clause C8)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db import connection

from accounts.actions.give_notice import give_notice
from accounts.models import Webhook, WebhookAttempt, WebhookDelivery
from billing.actions.file_invoice import file_invoice
from kernel import clock
from kernel.actor import Actor
from kernel.tenancy.context import customer_schema
from privacy.catalogue import TABLES
from privacy.rules.inventory import Kind
from sealing.gateways.archive_stream import ZipEntry
from sealing.queries.customer_export import LEFT_OUT, export_entries
from tests.architecture.inventory import columns
from tests.cast import Cast
from tests.factories.billing import finalised_invoice
from tests.isolation.world import seal

# Of people, whoever they belong to, and of nobody: no row of these is a customer's alone.
OF_NO_CUSTOMER = {"accounts_person"}
CHILDREN = """
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


def customers_fields(cast: Cast) -> set[str]:
    """Every field about a person, or a customer's own, of each table whose rows are a customer's: by a reference to it
    over however many tables, by its id, or in its schema."""
    public = columns("public")
    own = {"accounts_customer", *(name for name, fields in public.items() if {"customer_id", "tenant_id"} & fields)}
    with connection.cursor() as cursor:
        cursor.execute(CHILDREN)
        references = cursor.fetchall()
    grown = True
    while grown:
        more = {child for child, parent in references if parent in own} - own - OF_NO_CUSTOMER
        own, grown = own | more, bool(more)
    own |= columns(cast.acme.schema_name).keys() | {"accounts_person"}  # its members' names
    return {
        f"{table.name}.{field}"
        for table in TABLES
        if table.name in own
        for field, kind in table.fields.items()
        if kind is not Kind.TECHNICAL
    }


def read_by(entries: Iterable[ZipEntry]) -> set[str]:
    """Which fields are selected while the files are written."""
    found: dict[str, set[str]] = defaultdict(set)

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        for table, field in re.findall(r'"(\w+)"\."(\w+)"', sql.partition(" FROM ")[0]):
            found[table].add(field)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        for entry in entries:
            for _part in entry.parts:
                pass
    return {f"{table}.{field}" for table, fields in found.items() for field in fields}


def keeping(entries: Iterable[ZipEntry], files: dict[str, bytes]) -> Iterator[ZipEntry]:
    """The entries, of which the content is kept as it is read."""
    for entry in entries:
        files[entry.name] = b""

        def parts(entry: ZipEntry = entry) -> Iterator[bytes]:
            for part in entry.parts:
                files[entry.name] += part
                yield part

        yield replace(entry, parts=parts())


def missing(kept: set[str], read: set[str], left_out: set[str]) -> list[str]:
    return sorted(field for field in kept - read - left_out if field.partition(".")[0] not in left_out)


def told(cast: Cast) -> None:
    """A notice, an invoice, and a webhook with a message that was answered: what hangs on them is read only if they are
    there."""
    now, acme = clock.now(), cast.acme.id
    give_notice(kind="member.joined", customer_id=acme, now=now, permission="member.manage", facts={"name": "Erin"})
    bill = finalised_invoice(acme, net="100.00", now=now)
    file_invoice(actor=Actor.system("tests"), invoice_id=bill.id, pdf=b"%PDF", ubl=b"<u/>", cii=b"<c/>", now=now)
    webhook = Webhook.objects.create(
        customer_id=acme,
        live=True,
        url="https://acme.example/hook",
        keys=b"hush-hush",
        public_key="whpk_x",
        seen_transaction=0,
        seen_event=0,
        created_by=cast.alice.actor.id,
        created_by_name="Alice",
        created_at=now,
    )
    delivery = WebhookDelivery.objects.create(
        webhook=webhook,
        message_id="evt_1",
        type="seal.sealed",
        body="{}",
        state="delivered",
        created_at=now,
        ended_at=now,
    )
    WebhookAttempt.objects.create(delivery=delivery, number=1, at=now, milliseconds=5, status=200, answer_body="Thanks")


def test_whatever_is_kept_of_a_customers_is_handed_out_or_named_with_the_reason(sealing_cast: Cast) -> None:
    cast = sealing_cast
    seal(cast.alice.client(), cast.alice.url("seal/upload/"), name="lease")
    told(cast)
    kept = customers_fields(cast)
    left_out = {name for each in LEFT_OUT for name in each.names}
    with customer_schema(cast.acme.id):
        files: dict[str, bytes] = {}
        read = read_by(keeping(export_entries(cast.acme.id, "Acme", now=clock.now()), files))
    assert missing(kept, read, left_out) == [], missing(kept, read, left_out)
    assert missing(kept | {"accounts_visitorbook.name"}, read, left_out) == ["accounts_visitorbook.name"]
    assert left_out <= kept | {field.partition(".")[0] for field in kept}, "a reason for what there is not"
    readme = files["README.txt"].decode()
    assert all(each.why in readme for each in LEFT_OUT)
    assert b"Erin has joined Acme" in files["notices.jsonl"]
    assert b"Thanks" in files["webhook-messages.jsonl"]
    assert b"seal.sealed" in files["events.jsonl"]
    assert b"https://acme.example/hook" in files["webhooks.csv"]
    assert b"hush-hush" not in b"".join(files.values())
