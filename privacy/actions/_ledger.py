"""Writing down that something is being erased, before it is: inside the database, then outside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from privacy.gateways import ledger
from privacy.models import ErasureLedgerEntry
from privacy.queries.erased import subject_hash

__all__ = ["keep_outside", "note_erasure", "outside_forms", "subject_hash"]


def note_erasure(
    *, rule: str, step: str, kind: str, subject: str, counts: Mapping[str, int], now: datetime
) -> ErasureLedgerEntry:
    """Write the entry in the caller's transaction; `keep_outside` follows once that is committed."""
    entry: ErasureLedgerEntry = ErasureLedgerEntry.objects.create(
        rule=rule,
        step=step,
        subject_kind=kind,
        subject_hash=subject_hash(kind, subject),
        counts=dict(counts),
        written_at=now,
    )
    return entry


def keep_outside(entry: ErasureLedgerEntry) -> None:
    """Write a committed entry outside the database, too. Raises `OSError`: then nothing may be erased yet."""
    ledger.append([_outside_form(entry)])


def outside_forms() -> Iterator[dict[str, Any]]:
    """All entries as lines of the file outside, oldest first."""
    return map(_outside_form, ErasureLedgerEntry.objects.order_by("written_at", "id").iterator(chunk_size=5_000))


def _outside_form(entry: ErasureLedgerEntry) -> dict[str, Any]:
    """An entry as a line of the file outside."""
    return {
        "id": entry.id,
        "rule": entry.rule,
        "step": entry.step,
        "subject_kind": entry.subject_kind,
        "subject_hash": entry.subject_hash,
        "counts": entry.counts,
        "written_at": entry.written_at.isoformat(),
    }
