"""Everything of a batch in one file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.utils.translation import gettext_lazy

from kernel import vault
from kernel.actor import Actor
from kernel.cells import safe_cell
from kernel.errors import Refusal
from sealing.gateways.archive_stream import ZipEntry, stream_zip, unique_names
from sealing.models import Seal
from sealing.queries.batches import ItemView, batch_row, item_rows, item_view
from sealing.queries.seals import sealed_file_name

SUMMARY = "items.csv"
_COLUMNS = ("position", "name", "file", "seal", "status", "code", "detail", "deleted_at")


class BatchNotFinished(Refusal):
    code = "batch_not_finished"
    status = 409
    title = gettext_lazy("Not every item of this batch has reached its end yet.")


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP file to send: its name and parts."""

    name: str
    parts: Iterator[bytes]


def batch_archive(actor: Actor, batch_id: str) -> Archive:
    """One ZIP file with everything that was sealed, and `items.csv`, which says what became of each item.

    What was deleted since is in the table only.

    Raises `NotFound`, `BatchNotFinished`, and `Outage` when the HSM is away.
    """
    batch = batch_row(actor, batch_id)
    if batch.finished_at is None:
        raise BatchNotFinished
    items = list(item_rows(batch))
    sealed = {item.position: item.seal for item in items if item.seal and _is_there(item.seal)}
    _, *names = unique_names([SUMMARY, *(sealed_file_name(actor.customer, seal) for seal in sealed.values())])
    files = dict(zip(sealed, names, strict=True))
    summary = _summary([item_view(actor.customer, item) for item in items], files, batch.finished_at)
    contents = (_file(actor.customer, files[position], seal) for position, seal in sealed.items())
    return Archive(f"{batch.id}.zip", stream_zip(chain([summary], contents)))


def _is_there(seal: Seal) -> bool:
    return seal.object_name is not None and seal.deleted_at is None


def _file(customer_id: str, name: str, seal: Seal) -> ZipEntry:
    if seal.object_name is None or seal.sealed_at is None:
        raise ValueError(f"{seal.id} is not sealed")
    return ZipEntry(name, seal.size, vault.read_object(customer_id, seal.object_name), seal.sealed_at)


def _summary(items: Sequence[ItemView], files: Mapping[int, str], at: datetime) -> ZipEntry:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for item in items:
        code, detail = item.failure or ("", "")
        detail = " ".join(f"{error.pointer}: {error.detail}".lstrip(": ") for error in item.errors) or detail
        deleted_at = item.deleted_at.isoformat() if item.deleted_at else ""
        file = files.get(item.position)
        told = (item.position, item.name, file, item.seal_id, item.status, code, detail, deleted_at)
        writer.writerow(map(safe_cell, told))
    content = text.getvalue().encode()
    return ZipEntry(SUMMARY, len(content), iter([content]), at)
