"""What a complete export is made of: tables that are written row by row, and the audit trail (clause C8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from kernel.audit import payload_of
from kernel.models import AuditEntry

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Table:
    """One list of a customer: its name, what it holds in a sentence, its columns, and its rows, read when written."""

    name: str
    about: str
    columns: tuple[str, ...]
    rows: Iterable[Iterable[Any]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is kept about a customer and not handed out: tables, or `table.field`s, and why, in a sentence."""

    names: tuple[str, ...]
    why: str


def json_line(told: Mapping[str, Any]) -> bytes:
    """One object as a line of a `.jsonl` file."""
    return json.dumps(told, ensure_ascii=False, cls=DjangoJSONEncoder).encode() + b"\n"


def history(customer_id: str) -> Iterator[bytes]:
    """The customer's audit trail from its beginning, one JSON object a line, a few hundred entries in memory."""
    after = 0
    while True:
        entries = list(AuditEntry.objects.filter(customer_id=customer_id, id__gt=after).order_by("id")[:_AT_ONCE])
        for entry in entries:
            yield _line(entry)
        if len(entries) < _AT_ONCE:
            return
        after = entries[-1].id


def _line(entry: AuditEntry) -> bytes:
    payload = payload_of(entry)
    told = {
        "at": entry.at.isoformat(),
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id,
        "actor_name": payload.actor_name,
        "action": entry.action,
        "subject": entry.subject,
        "reason": payload.reason,
        "details": payload.details,
    }
    return json_line(told)
