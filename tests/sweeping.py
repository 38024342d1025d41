"""What the retention engine would erase of one store at a moment, without its brake and ledger."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from kernel import clock
from privacy.actions._retention import Spared, Sweep
from privacy.actions._sweeps import SWEEPS
from privacy.catalogue import RULE
from privacy.rules.retention import last_day_gone


def boundary(sweep: Sweep, now: datetime) -> datetime:
    """The moment before which everything of a rule is gone today."""
    gone = last_day_gone(RULE[sweep.rule], clock.legal_date(now))
    return clock.legal_midnight(gone + timedelta(days=1))


def swept(store: str, now: datetime) -> int:
    """Erase what is due of a store; returns how many went."""
    return sum(
        sweep.erase(before=boundary(sweep, now), limit=10_000, spared=Spared())
        for sweep in SWEEPS
        if sweep.store == store
    )


def set_database_clock(now: datetime) -> None:
    """What the database's own limits count from, until the transaction ends: only the owner of its functions can."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION kernel_erasing_clock() RETURNS timestamptz LANGUAGE sql VOLATILE"
            f" SET search_path = pg_catalog AS $$ SELECT '{now.isoformat()}'::timestamptz $$"
        )


COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, NULL), a.atttypmod FROM pg_attribute a
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND d.oid IS NULL
       AND a.attidentity = ''
"""
KEYS = {"django_session": "session_key", "accounts_signincounter": "cache_key"}


def plant(table: str, moment: datetime, **given: Any) -> str:
    """One row that happened then; what it refers to need not be there. Returns its key."""
    values = {name: _value(kind, size, moment) for name, kind, size in _columns(table)}
    values |= {name: moment if value is ... else value for name, value in given.items()}
    for name, kind in kinds(table).items():
        if kind == "date" and isinstance(values.get(name), datetime):
            values[name] = clock.legal_date(values[name])
    key = KEYS.get(table, "id")
    names = ", ".join(f'"{name}"' for name in values)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(values))}) RETURNING {key}",
            list(values.values()),
        )
        found = cursor.fetchone()[0]
        if table == "accounts_customer":
            plant("accounts_ending", moment, customer_id=found, ended_at=moment, ends_at=moment, state="done")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    return str(found)


def _columns(table: str) -> list[tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return list(cursor.fetchall())


def kinds(table: str) -> dict[str, str]:
    """The type of each column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0",
            [table],
        )
        return dict(cursor.fetchall())


def _value(kind: str, size: int, moment: datetime) -> Any:
    match kind:
        case "timestamp with time zone" | "date":
            return moment
        case "boolean":
            return False
        case "bytea":
            return secrets.token_bytes(32)
        case "jsonb":
            return "{}"
        case "bigint" | "integer":
            return secrets.randbelow(1_000_000) + 10
        case "smallint" | "numeric":
            return 1
        case "inet":
            return "127.0.0.1"
        case _ if kind.endswith("[]"):
            return []
        case _:
            return secrets.token_hex(16)[: max(size - 4, 1) if size > 0 else 32]
