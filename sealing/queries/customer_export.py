"""Everything that is kept for a customer, as the files of one ZIP, read while they are sent (clause C8)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from itertools import chain
from typing import Any

from accounts.queries import export as of_accounts
from accounts.queries.export import account_tables, contract_facts
from accounts.queries.export_messages import event_lines, notice_lines, webhook_message_lines, webhook_table
from billing.queries import export as of_billing
from billing.queries.export import billing_tables, invoice_files, invoice_lines, special_terms_files
from kernel import vault
from kernel.actor import Actor
from kernel.cells import safe_cell
from kernel.exporting import LeftOut, Table, history, json_line
from sealing.gateways.archive_stream import ZipEntry, unique_names
from sealing.gateways.encrypted import name_of, options_of
from sealing.models import Document, Seal, SealReceipt
from sealing.queries import export_tables as of_sealing
from sealing.queries.documents import DocumentRow, every_document
from sealing.queries.export_tables import sealing_tables
from sealing.queries.seals import sealed_file_name
from sealing.queries.visibility import Selection
from trust.queries import export as of_trust
from trust.queries.export import certificate_order_table, certificate_table, certificates_pem

_AT_ONCE = 200
LEFT_OUT: tuple[LeftOut, ...] = (
    *of_accounts.LEFT_OUT,
    *of_trust.LEFT_OUT,
    *of_billing.LEFT_OUT,
    *of_sealing.LEFT_OUT,
)
_DOCUMENT_COLUMNS = (
    "id",
    "documents",
    "reference",
    "labels",
    "status",
    "format",
    "level",
    "live",
    "accepted_at",
    "sealed_at",
    "asked_for_by",
    "timestamp_authority",
    "timestamp_serial",
    "sha256_of_the_sealed_file",
    "failure",
)
_README = """Complete export of {customer}, made on {at}.

Files in this archive
---------------------
README.txt             this file
contract.json          who the customer is, what was declared and accepted, how the contract ends
audit.jsonl            the audit trail, one JSON object a line, from the beginning
certificates.pem       every seal certificate with its chain
receipts.jsonl         the operator's signed receipts that were given out: seal, receipt (compact JWS, RFC 7515)
invoices.jsonl         every invoice, credit note and note of late interest with its lines, one JSON object a line
evidence.jsonl         each seal: what was asked for, the certificate's answers, timestamps, attempts at making it
notices.jsonl          every notice with its words, to whom it went, and what became of the mail
events.jsonl           the events of the last months, as the API tells them
webhook-messages.jsonl what your webhooks were sent and answered, of the last weeks

invoice-<number>.pdf, invoice-<number>.ubl.xml, invoice-<number>.cii.xml   a document as it was sent to you
special-terms-<id>-<name>    what was signed instead of the price list

<seal>-original-<n>-<name>   a document as it was sent; n counts the documents of one seal from 1
<seal>-sealed-<name>         the sealed file

Lists (CSV, UTF-8, commas, the first line names the columns)
------------------------------------------------------------
{tables}

Times are in UTC (ISO 8601), amounts in euros, without VAT where nothing else is said. A cell that would begin like a
formula has an apostrophe in front. <seal> is the id in documents.csv. What was deleted before the export is not in it.

What is kept about you and not in this archive
----------------------------------------------
{left_out}
"""


def export_entries(customer_id: str, customer_name: str, *, now: datetime) -> Iterator[ZipEntry]:
    """The files of the export, in the current customer's schema; at most one part of one of them is in memory."""
    tables = [
        _documents_table(customer_id),
        *sealing_tables(customer_id),
        *account_tables(customer_id, now=now),
        webhook_table(customer_id),
        certificate_table(customer_id),
        certificate_order_table(customer_id),
        *billing_tables(customer_id),
    ]
    yield _text("README.txt", _readme(customer_name, tables, now), now)
    facts = json.dumps(contract_facts(customer_id), ensure_ascii=False, indent=2)
    yield _text("contract.json", facts, now)
    for table in tables:
        yield ZipEntry(f"{table.name}.csv", None, _csv(table), now)
    yield _text("certificates.pem", certificates_pem(customer_id), now)
    yield ZipEntry("audit.jsonl", None, history(customer_id), now)
    yield ZipEntry("notices.jsonl", None, notice_lines(customer_id), now)
    yield ZipEntry("events.jsonl", None, event_lines(customer_id), now)
    yield ZipEntry("webhook-messages.jsonl", None, webhook_message_lines(customer_id), now)
    yield ZipEntry("evidence.jsonl", None, _evidence(customer_id), now)
    yield ZipEntry("receipts.jsonl", None, _receipts(), now)
    yield ZipEntry("invoices.jsonl", None, invoice_lines(customer_id), now)
    for file, made_at in invoice_files(customer_id):
        yield ZipEntry(f"invoice-{file.name}", len(file.content), iter([file.content]), made_at)
    for signed, content, recorded_at in special_terms_files(customer_id):
        yield ZipEntry(_named(f"special-terms-{signed}"), len(content), iter([content]), recorded_at)
    for seal in _seals():
        yield from _files(customer_id, seal, now)


def _readme(customer_name: str, tables: Iterable[Table], now: datetime) -> str:
    lines = [f"{table.name}.csv: {table.about}\n    {', '.join(table.columns)}" for table in tables]
    return _README.format(
        customer=customer_name,
        at=now.isoformat(timespec="seconds"),
        tables="\n".join(lines),
        left_out="\n".join(f"- {each.why}" for each in LEFT_OUT),
    )


def _text(name: str, text: str, now: datetime) -> ZipEntry:
    content = text.encode()
    return ZipEntry(name, len(content), iter([content]), now)


def _csv(table: Table) -> Iterator[bytes]:
    for cells in chain([table.columns], table.rows):
        line = StringIO()
        csv.writer(line).writerow(safe_cell(_plain(cell)) for cell in cells)
        yield line.getvalue().encode()


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, dict):
        return json.dumps(cell, ensure_ascii=False)
    return " ".join(map(str, cell)) if isinstance(cell, list) else cell


def _documents_table(customer_id: str) -> Table:
    everything = Actor.system("sealing.export", customer_id=customer_id)
    rows = (_document_cells(row) for row in every_document(everything, Selection()))
    return Table("documents", "Everything that was to be sealed, newest first.", _DOCUMENT_COLUMNS, rows)


def _document_cells(row: DocumentRow) -> tuple[object, ...]:
    seal = row.seal
    return (
        seal.id,
        "; ".join(document.name for document in seal.documents),
        seal.reference,
        "; ".join(label.name for label in row.labels),
        seal.status,
        seal.format,
        seal.level,
        "yes" if seal.live else "no",
        seal.accepted_at,
        seal.sealed_at,
        seal.requested_by_name,
        seal.timestamp_authority,
        seal.timestamp_serial,
        seal.sealed_sha256,
        ": ".join(seal.failure) if seal.failure else "",
    )


def _seals() -> Iterator[Seal]:
    """All that were not deleted, oldest first, a few hundred in memory."""
    after = ""
    while True:
        rows = Seal.objects.filter(deleted_at=None, id__gt=after).prefetch_related("documents", "attempts")
        found = list(rows.order_by("id")[:_AT_ONCE])
        yield from found
        if len(found) < _AT_ONCE:
            return
        after = found[-1].id


def _evidence(customer_id: str) -> Iterator[bytes]:
    for seal in _seals():
        attempts = [
            {"started_at": each.started_at.isoformat(), "outcome": each.outcome} for each in seal.attempts.all()
        ]
        yield json_line(
            {
                "seal": seal.id,
                "asked_for": options_of(customer_id, seal),
                "certificate": seal.certificate_id,
                "evidence": seal.evidence,
                "attempts": attempts,
            }
        )


def _receipts() -> Iterator[bytes]:
    receipts = SealReceipt.objects.order_by("seal_id").values_list("seal_id", "jws")
    for seal_id, jws in receipts.iterator(chunk_size=_AT_ONCE):
        yield json_line({"seal": seal_id, "receipt": jws})


def _files(customer_id: str, seal: Seal, now: datetime) -> Iterator[ZipEntry]:
    """The documents of a seal and its sealed file; what somebody deletes meanwhile is left out."""
    for document in seal.documents.all():
        yield from _original(customer_id, seal, document)
    if seal.object_name is not None:
        name = _named(f"{seal.id}-sealed-{sealed_file_name(customer_id, seal)}")
        yield from _object(customer_id, name, seal.object_name, seal.size, seal.sealed_at or now)


def _original(customer_id: str, seal: Seal, document: Document) -> Iterator[ZipEntry]:
    if document.object_name is not None:
        name = _named(f"{seal.id}-original-{document.position + 1}-{name_of(customer_id, document)}")
        yield from _object(customer_id, name, document.object_name, document.size, document.created_at)


def _named(wished: str) -> str:
    return next(unique_names([wished]))


def _object(customer_id: str, name: str, object_name: str, size: int | None, at: datetime) -> Iterator[ZipEntry]:
    parts = vault.read_object(customer_id, object_name)
    try:
        first = next(parts)
    except FileNotFoundError:
        return
    yield ZipEntry(name, size, chain([first], parts), at)
