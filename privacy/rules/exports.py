"""What a copy of somebody's data is made of: which tables for which right, and how a table describes itself (D1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from privacy.rules.rights import RequestKind

FORMAT = 1  # grows when a name of a file or a field changes or goes
SHOWN_ROWS = 100  # of a table on the page for people; the files have all
SCHEMA = "https://json-schema.org/draft/2020-12/schema"

_MADE_FOR = frozenset({RequestKind.ACCESS, RequestKind.PORTABILITY})


def is_answered_by_a_copy(kind: str) -> bool:
    """Whether this kind of request gets a copy at all (GDPR 15 (3), 20 (1))."""
    return kind in _MADE_FOR


def tells_everything(kind: str) -> bool:
    """Access is to everything, with what is done with it; portability to what the person can take elsewhere."""
    return kind == RequestKind.ACCESS


def tables_for(kind: str, tables: Collection[str], portable: Collection[str]) -> list[str]:
    """Which of `tables`, in their order, a request of that kind is answered with."""
    return [table for table in tables if tells_everything(kind) or table in portable]


def is_offered(delete_on: date, *, today: date) -> bool:
    """Whether it may still be fetched: on the day it goes it is gone for everybody, whenever its file is deleted."""
    return today < delete_on


def schema_of(name: str, words: str, types: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the rows of one table. `types` as in `PersonalRows`; `kinds` describe fields."""
    return {
        "$schema": SCHEMA,
        "$id": f"urn:sealport:rights-export:{FORMAT}:{name}",
        "title": words,
        "type": "array",
        "items": {
            "type": "object",
            "properties": {field: _described(kind, kinds.get(field, "")) for field, kind in types.items()},
            "required": list(types),
            "additionalProperties": False,
        },
    }


def _described(kind: str, words: str) -> dict[str, Any]:
    described: dict[str, Any] = {"description": words} if words else {}
    if kind == "any":
        return described
    if kind in {"date", "date-time"}:
        return {**described, "type": ["string", "null"], "format": kind}
    return {**described, "type": [kind, "null"]}
