"""Room for audit entries: a partition for each class and day, made ahead and dropped when its period is over (D5).

The work is done by functions of the database that belong to the owner of the tables: who works with the application's
role can neither touch a partition nor shorten a period.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import connection

from kernel.audit_periods import DAYS_AHEAD, Retention


def make_partitions() -> int:
    """Make what is missing for today and the days to come; returns how many. Safe to repeat, and quick."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_audit_make_partitions(%s)", [DAYS_AHEAD])
        return int(cursor.fetchone()[0])


def drop_expired(
    classes: Collection[Retention] = tuple(Retention),
    *,
    before: datetime | None = None,
    spared: Collection[str] = (),
    limit: int = 10_000,
) -> int:
    """Drop the days of these classes that are over before a moment (by default those over now), oldest first.

    `before` is meant for the shortest class; the others keep as much longer as their periods are longer. Only days go
    whose period is over by the database's clock, which an old enough checkpoint covers, and on which nothing happened
    of the customers `spared`. Returns how many partitions went; what is dropped leaves cuts, so that what remains
    still verifies (clause D5).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kernel_audit_drop_expired(%s, coalesce(%s, 'infinity'::timestamptz), %s, %s)",
            [_names(classes), before, list(spared), limit],
        )
        return int(cursor.fetchone()[0])


def count_expired(classes: Collection[Retention], before: datetime) -> int:
    """How many days of these classes were over before that moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_audit_expired(%s, %s) WHERE whole", [_names(classes), before])
        return int(cursor.fetchone()[0])


def days_of(classes: Collection[Retention]) -> list[date]:
    """The days that have a partition, each once, in order; those made ahead, too."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [_names(classes)])
        return [day for (day,) in cursor.fetchall()]


def _names(classes: Collection[Retention]) -> list[str]:
    return [each.value for each in classes]


_DAYS = """
    SELECT DISTINCT to_date(right(c.relname, 8), 'YYYYMMDD') FROM kernel_auditclass k
      JOIN pg_inherits i ON i.inhparent = ('public.kernel_auditlink_' || k.name)::regclass
      JOIN pg_class c ON c.oid = i.inhrelid
     WHERE k.name = ANY (%s) AND c.relname NOT LIKE '%%default' ORDER BY 1
"""
