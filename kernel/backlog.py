"""What is waiting in the jobs table, for whoever tells how the installation is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

_WAITING = """
    SELECT split_part(last_error, ':', 1), min(created_at) FROM kernel_job
     WHERE state = 'queued' AND kind = %s AND attempts > 0 AND last_error <> '' GROUP BY 1
"""
_OVERDUE = "SELECT min(run_at) FROM kernel_job WHERE state = 'queued' AND run_at < %s"


@dataclass(frozen=True, slots=True)
class Backlog:
    """`waiting`: by the code of what was in the way, since when the oldest job of the kind is there. `overdue_since`:
    when the job that is due longest should have been begun, None when nothing is due."""

    waiting: dict[str, datetime]
    overdue_since: datetime | None


def backlog(kind: str, *, now: datetime) -> Backlog:
    """Who of one kind has been tried and waits, and whether anything at all is begun late. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [kind])
        waiting: dict[str, datetime] = dict(cursor.fetchall())
        cursor.execute(_OVERDUE, [now])
        return Backlog(waiting, cursor.fetchone()[0])
