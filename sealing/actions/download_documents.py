"""Hands out many sealed documents at once, as one ZIP, on record."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import chain

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit, vault
from kernel.actor import Actor
from kernel.cells import safe_cell
from kernel.errors import Refusal
from sealing.gateways.archive_stream import ZipEntry, stream_zip, unique_names
from sealing.models import Seal
from sealing.queries.seals import SealView, sealed_file_name, view_of
from sealing.queries.visibility import Selection, selected
from sealing.rules.downloads import MOST_BYTES, MOST_DOCUMENTS, fits_one_download
from sealing.rules.seal_states import SealStatus

INDEX = "index.csv"
COLUMNS = (
    "file",
    "document",
    "reference",
    "format",
    "level",
    "live",
    "accepted_at",
    "sealed_at",
    "timestamp_authority",
    "timestamp_serial",
    "sha256",
    "asked_for_by",
    "id",
)


class DownloadTooLarge(Refusal):
    code = "download_too_large"
    status = 413
    title = gettext_lazy("These are more documents than one download can hold.")


@dataclass(frozen=True, slots=True)
class Download:
    """A ZIP in parts, how many documents it holds, and its file name."""

    name: str
    documents: int
    parts: Iterator[bytes]


def download_documents(*, actor: Actor, selection: Selection, now: datetime) -> Download:
    """The sealed files of a selection as one ZIP, with an `index.csv` that says what each of them is (clause A3).

    What is not sealed is left out, and what is deleted while the ZIP is sent, too. Raises `Forbidden` without
    `seal.read`, and `DownloadTooLarge`.
    """
    rows = selected(actor, selection).filter(status=SealStatus.SEALED, deleted_at=None)
    total = rows.aggregate(count=Count("id"), size=Sum("size", default=0))
    if not fits_one_download(total["count"], total["size"]):
        limits = {"most": MOST_DOCUMENTS, "most_size": MOST_BYTES >> 20}
        asked = {"count": total["count"], "size": total["size"] >> 20}
        raise DownloadTooLarge(
            _("These are %(count)d documents with %(size)d MB; one download holds %(most)d and %(most_size)d MB.")
            % (asked | limits)
            + " "
            + _("Narrow the list, for instance by date.")
        )
    found = list(rows.prefetch_related("documents")[:MOST_DOCUMENTS])
    audit.record(
        actor=actor,
        action="document.downloaded",
        now=now,
        subject=found[0].id if len(found) == 1 else "",
        details={"seals": [row.id for row in found], "size": total["size"]},
    )
    return Download(f"documents-{now:%Y-%m-%d}.zip", len(found), stream_zip(_entries(actor, found, now)))


def _entries(actor: Actor, rows: list[Seal], now: datetime) -> Iterator[ZipEntry]:
    seals = [view_of(actor, row, row.documents.all()) for row in rows]
    names = list(unique_names([INDEX, *(sealed_file_name(actor.customer, row) for row in rows)]))[1:]
    lines: list[str] = [_line(COLUMNS)]
    for row, seal, name in zip(rows, seals, names, strict=True):
        parts = _content(actor, row)
        if parts is not None:
            lines.append(_line(_cells(seal, name)))
            yield ZipEntry(name, row.size, parts, row.sealed_at or now)
    index = "".join(lines).encode("utf-8-sig")
    yield ZipEntry(INDEX, len(index), iter([index]), now)


def _content(actor: Actor, row: Seal) -> Iterator[bytes] | None:
    """The file, begun, so that one that was deleted since is noticed before its name is in the ZIP."""
    parts = vault.read_object(actor.customer, row.object_name or "")
    try:
        first = next(parts)
    except FileNotFoundError:
        return None
    return chain([first], parts)


def _cells(seal: SealView, name: str) -> tuple[object, ...]:
    return (
        name,
        seal.name,
        seal.reference,
        seal.format,
        seal.level,
        "yes" if seal.live else "no",
        seal.accepted_at.isoformat(),
        seal.sealed_at.isoformat() if seal.sealed_at else "",
        seal.timestamp_authority,
        seal.timestamp_serial,
        seal.sealed_sha256,
        seal.requested_by_name,
        seal.id,
    )


def _line(cells: tuple[object, ...]) -> str:
    text = StringIO()
    csv.writer(text).writerow(safe_cell(cell) for cell in cells)
    return text.getvalue()
