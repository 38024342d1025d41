"""The lists of a complete export that lie beside the documents: batches, labels, shares, renewals, deletions (C8)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kernel.exporting import LeftOut, Table
from sealing.gateways.encrypted import item_name_of, name_of_label
from sealing.models import Batch, BatchItem, Label, Seal, SealArchiving, SealShare

_AT_ONCE = 500
LEFT_OUT = (
    LeftOut(
        (
            *("sealing_document.search_index", "sealing_label.name_index", "sealing_seal.reference_index"),
            *("kernel_customerkey", "kernel_idempotentrequest", "kernel_job"),
        ),
        "What is computed from the rest so that the service can find, encrypt and do things: indexes, keys, the queue.",
    ),
    LeftOut(
        ("sealing_seal.encrypted_appearance",),
        "The picture that a visible seal will show, while it waits to be made: afterwards it is in the sealed file.",
    ),
    LeftOut(
        ("privacy_forwardedrequest",),
        "What people asked you about their own data through the operator: it is on the page Privacy.",
    ),
    LeftOut(
        ("privacy_disclosure",),
        "The register of disclosures to authorities: what you may be told is in audit.jsonl and notices.jsonl.",
    ),
)


def sealing_tables(customer_id: str) -> list[Table]:
    """In the current customer's schema."""
    batches = ("id", "live", "requested_by", "requested_by_name", "opened_at", "closed_at", "finished_at", "size")
    shares = ("seal_id", "member_id", "member_name", "shared_by", "shared_by_name", "shared_at")
    renewals = (
        *("id", "seal_id", "ordered_by", "ordered_at", "ended_at", "outcome", "timestamp_authority"),
        *("timestamp_serial", "timestamp_at", "archived_until", "sha256_before", "sha256"),
    )
    deleted = (
        *("id", "status", "live", "requested_by", "requested_by_name", "accepted_at", "sealed_at"),
        *("deleted_at", "deleted_by", "deleted_by_name"),
    )
    gone = Seal.objects.exclude(deleted_at=None).order_by("deleted_at")
    return [
        Table("batches", "Documents that came together.", batches, Batch.objects.order_by("id").values_list(*batches)),
        Table(
            "batch-items",
            "What was in each batch: a seal, or the name of what was refused, and why.",
            ("batch_id", "position", "seal_id", "name", "problem"),
            _items(customer_id),
        ),
        Table("labels", "The labels, used or not.", ("id", "name", "created_at"), _labels(customer_id)),
        Table(
            "shares",
            "Which member may see whose document, and who said so.",
            shares,
            SealShare.objects.order_by("id").values_list(*shares),
        ),
        Table(
            "archive-renewals",
            "The renewals of archive timestamps.",
            renewals,
            SealArchiving.objects.order_by("id").values_list(*renewals),
        ),
        Table("deleted", "What was deleted, by whom and when.", deleted, gone.values_list(*deleted)),
    ]


def _items(customer_id: str) -> Iterator[tuple[object, ...]]:
    for row in BatchItem.objects.order_by("batch_id", "position").iterator(chunk_size=_AT_ONCE):
        name = item_name_of(customer_id, row) if row.encrypted_name else ""
        yield row.batch_id, row.position, row.seal_id, name, json.dumps(row.problem) if row.problem else ""


def _labels(customer_id: str) -> Iterator[tuple[object, ...]]:
    for row in Label.objects.order_by("id"):
        yield row.id, name_of_label(customer_id, row), row.created_at
