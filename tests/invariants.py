"""The invariants of `manage.py check_invariants`, asserted after every test that touched the database."""

from __future__ import annotations

import re

from django.db import connection

from portal.invariants import broken_invariants

# Tables by name, of a partition also the whole; and every function, since what it reads is not seen where it is called.
_WRITTEN = """
    WITH written AS (
        SELECT oid, relname FROM pg_class
         WHERE relkind = 'r' AND pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
               + pg_stat_get_xact_tuples_deleted(oid) > 0)
    SELECT relname FROM written
    UNION SELECT relname FROM pg_class WHERE oid IN (SELECT pg_partition_root(oid) FROM written)
    UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
_WORD = re.compile(r"\w+")


def assert_invariants() -> None:
    """All of them."""
    _assert(broken_invariants())


def assert_invariants_written() -> None:
    """Those that this transaction can have broken."""
    _assert(broken_by_this_transaction())


def broken_by_this_transaction() -> dict[str, int]:
    """Of the invariants about a table that it has written; the others hold as they did when it began.

    Planning all of them would be the greater part of the time of most tests.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN)
        written = {name for (name,) in cursor.fetchall()}
    return broken_invariants(lambda statement: not written.isdisjoint(_WORD.findall(statement)))


def _assert(broken: dict[str, int]) -> None:
    assert not broken, "\n".join(f"{name}: {rows} rows" for name, rows in broken.items())
