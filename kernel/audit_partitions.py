"""Room for audit entries: a partition for each class and day, made ahead and dropped when its period is over (D5).

The work is done by functions of the database that belong to the owner of the tables: who works with the application's
role can neither touch a partition nor shorten a period.
"""

from __future__ import annotations

from django.db import connection

from kernel.audit_periods import DAYS_AHEAD


def make_partitions() -> int:
    """Make what is missing for today and the days to come; returns how many. Safe to repeat, and quick."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_audit_make_partitions(%s)", [DAYS_AHEAD])
        return int(cursor.fetchone()[0])


def drop_expired() -> int:
    """Drop the days whose period is over and that an old enough checkpoint covers; returns how many partitions.

    What is dropped leaves cuts, so that what remains still verifies (clause D5).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_audit_drop_expired()")
        return int(cursor.fetchone()[0])
