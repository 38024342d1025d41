"""Rows that go by age alone: how many are due, how old they are, and their erasure in short transactions (D4, D5).

A table that refuses deletion is erased by a function of the database that belongs to the tables' owner and knows the
period itself (`kernel_erasable`): no mistake of a caller's makes anything younger go.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction


@dataclass(frozen=True, kw_only=True)
class AgedRows:
    """Rows of `table` (called `t` in the expressions), which go some time after `moment`, if `only_if` holds.

    `parts` are rows of other tables that go first, as `table.column` of the reference. `customer`, `person` and
    `subject` say whose a row is, where it is somebody's. `guarded` tables refuse to be deleted from.
    """

    table: str
    moment: str
    only_if: str = "true"
    key: str = "id"
    parts: tuple[str, ...] = ()
    customer: str = "NULL"
    person: str = "NULL"
    guarded: bool = False


def due(rows: AgedRows, *, before: datetime) -> int:
    """How many happened before that moment."""
    return int(_value(f"SELECT count(*) FROM {rows.table} t WHERE {_old(rows)}", [before]))


def population(rows: AgedRows) -> int:
    """How many rows there are, as the statistics have it where they are many."""
    counted = f"CASE WHEN reltuples > {_MANY} THEN reltuples ELSE (SELECT count(*) FROM {rows.table}) END"
    return int(_value(f"SELECT {counted} FROM pg_class WHERE oid = %s::regclass", [rows.table]))


def oldest(rows: AgedRows) -> datetime | None:
    """When the oldest happened of those that may go."""
    found: datetime | None = _value(
        f"SELECT min(({rows.moment})::timestamptz) FROM {rows.table} t WHERE {rows.only_if}", []
    )
    return found


def erase(
    rows: AgedRows,
    *,
    before: datetime,
    limit: int,
    customers: Collection[str],
    people: Collection[str],
    subjects: Collection[str],
) -> int:
    """Erase at most `limit` of what happened before, but nothing of these customers, people and subjects.

    Rows that somebody else holds are left for the next time. Returns how many went.
    """
    keys = (
        f"SELECT t.{rows.key} FROM {rows.table} t WHERE {_old(rows)}"
        f" AND coalesce(({rows.customer})::text, '') <> ALL (%s) AND coalesce(({rows.person})::text, '') <> ALL (%s)"
        f" AND t.{rows.key}::text <> ALL (%s) ORDER BY t.{rows.key} LIMIT %s FOR UPDATE OF t SKIP LOCKED"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(keys, [before, list(customers), list(people), list(subjects), limit])
        going = [key for (key,) in cursor.fetchall()]
        return _delete(cursor, rows, going) if going else 0


def _delete(cursor: Any, rows: AgedRows, going: list[Any]) -> int:
    if rows.guarded:
        cursor.execute("SELECT kernel_erase_rows(%s, %s::text[])", [rows.table, [str(key) for key in going]])
        return int(cursor.fetchone()[0])
    for part in rows.parts:
        table, _dot, column = part.partition(".")
        cursor.execute(f"DELETE FROM {table} WHERE {column} = ANY (%s)", [going])
    cursor.execute(f"DELETE FROM {rows.table} WHERE {rows.key} = ANY (%s)", [going])
    return int(cursor.rowcount)


def _old(rows: AgedRows) -> str:
    return f"({rows.only_if}) AND ({rows.moment})::timestamptz < %s"


def _value(statement: str, parameters: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchone()[0]


_MANY = 100_000
