"""Drops what was kept about timestamps and serves nothing any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

# A seal keeps its timestamp's serial for good; these rows only tell a serial that is given out twice. An old answer
# that is played again fails by its nonce and its time at once, so what is left to notice is an authority that counts
# anew, after a restore or at a new year: longer than a year is enough.
KEPT_FOR = timedelta(days=400)
_BATCH = 5_000
_MOST_BATCHES = 2_000
_SERIALS = """
    DELETE FROM trust_timestampissued WHERE id IN
        (SELECT id FROM trust_timestampissued WHERE generated_at < %s LIMIT %s FOR UPDATE SKIP LOCKED)
"""
_DAYS = 'DELETE FROM trust_timestampday WHERE "on" < %s'


def drop_old_timestamp_records(*, now: datetime) -> int:
    """Forget serials and day counts older than KEPT_FOR, in small transactions; returns how many serials."""
    ends_at, dropped = now - KEPT_FOR, 0
    with connection.cursor() as cursor:
        for _batch in range(_MOST_BATCHES):
            cursor.execute(_SERIALS, [ends_at, _BATCH])
            dropped += cursor.rowcount
            if cursor.rowcount < _BATCH:
                break
        cursor.execute(_DAYS, [ends_at.date()])
    return dropped
