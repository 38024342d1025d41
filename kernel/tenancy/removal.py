"""Taking a customer's schema away, a table at a time, while everybody else works."""

from __future__ import annotations

from django.db import connection, transaction

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"
_EXISTS = "SELECT count(*) FROM pg_namespace WHERE nspname = %s"


def drop_schema(schema_name: str) -> int:
    """Drop every table in a transaction of its own, then the schema; returns how many tables went.

    Dropping all at once would take hundreds of locks in one transaction. A table that somebody holds for three seconds
    raises `OperationalError`; what is gone by then stays gone, and the next call goes on. `public` is never touched.
    """
    quote = connection.ops.quote_name
    if schema_name == "public":
        raise ValueError(schema_name)
    tables = tables_in(schema_name)
    for table in tables:
        _run(f"DROP TABLE IF EXISTS {quote(schema_name)}.{quote(table)} CASCADE")
    _run(f"DROP SCHEMA IF EXISTS {quote(schema_name)} CASCADE")  # what is left of it are sequences without tables
    return len(tables)


def tables_in(schema_name: str) -> list[str]:
    """The tables of a schema; none when there is no such schema."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [schema_name])
        return [name for (name,) in cursor.fetchall()]


def schema_exists(schema_name: str) -> bool:
    """Whether there is such a schema, with tables or without."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS, [schema_name])
        return bool(cursor.fetchone()[0])


def _run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        cursor.execute(statement)
