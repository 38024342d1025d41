"""Runs inside the environment that `benchmarks.retention` made: plants a day of entries twice, and takes both away."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection  # noqa: E402

from benchmarks.figures import report  # noqa: E402
from kernel.audit_partitions import drop_expired  # noqa: E402
from kernel.audit_periods import Retention  # noqa: E402
from kernel.tenancy.owner import as_owner  # noqa: E402

ROWS = int(os.environ.get("ROWS", "3000000"))
BATCH = 2_000

# A day of 100 days ago, as the trail writes it: entries, links, and a checkpoint that is old enough to cover them.
PLANT = """
SET session_replication_role = replica;
SET timezone = 'UTC';
SELECT kernel_audit_make_partition('kernel_auditentry_activity',
    'kernel_auditentry_activity_' || to_char(now() - interval '100 days', 'YYYYMMDD'),
    format('FOR VALUES FROM (%L) TO (%L)', date_trunc('day', now() - interval '100 days'),
        date_trunc('day', now() - interval '99 days')));
SELECT kernel_audit_make_partition('kernel_auditlink_activity',
    'kernel_auditlink_activity_' || to_char(now() - interval '100 days', 'YYYYMMDD'),
    format('FOR VALUES FROM (%L) TO (%L)', date_trunc('day', now() - interval '100 days'),
        date_trunc('day', now() - interval '99 days')));
INSERT INTO kernel_auditentry (id, retention, at, customer_id, actor_kind, actor_id, action, subject, request_id,
        payload, content_hash)
    SELECT n, 'activity', date_trunc('day', now() - interval '100 days') + n * interval '10 ms',
        'cus_bench' || n % 100, 'member', 'mem_' || n % 1000, 'seal.accepted', 'sea_' || n, 'req_' || n,
        decode(repeat(md5(n::text), 8), 'hex'), sha256(n::text::bytea)
      FROM generate_series(1, ROWS) n;
INSERT INTO kernel_auditlink (entry_id, chain, seq, retention, at, hash)
    SELECT id, customer_id, row_number() OVER (PARTITION BY customer_id ORDER BY id), retention, at, content_hash
      FROM kernel_auditentry WHERE retention = 'activity' AND id <= ROWS;
INSERT INTO kernel_auditcheckpoint (number, at, jws, timestamp) VALUES (1, now() - interval '95 days', 'x', '');
INSERT INTO kernel_auditcheckpointhead (checkpoint_id, chain, seq, hash, path)
    SELECT 1, chain, max(seq), sha256('x'), '[]' FROM kernel_auditlink GROUP BY chain;
CREATE TABLE bench_entry (LIKE kernel_auditentry INCLUDING ALL);
CREATE INDEX bench_by_age ON bench_entry (at);
CREATE TABLE bench_link (LIKE kernel_auditlink INCLUDING ALL);
INSERT INTO bench_entry SELECT * FROM kernel_auditentry WHERE retention = 'activity' AND id <= ROWS;
INSERT INTO bench_link SELECT * FROM kernel_auditlink WHERE entry_id <= ROWS;
CREATE INDEX bench_link_of ON bench_link (entry_id);
SET session_replication_role = DEFAULT;
"""
DELETE = """
    WITH old AS (SELECT id FROM bench_entry WHERE at < now() - interval '90 days' ORDER BY at LIMIT %s
                 FOR UPDATE SKIP LOCKED),
         links AS (DELETE FROM bench_link USING old WHERE entry_id = old.id)
    DELETE FROM bench_entry USING old WHERE bench_entry.id = old.id
"""


def value(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def measured(work: Callable[[], None]) -> tuple[float, int]:
    """Seconds, and bytes of the log that is written ahead."""
    begun = value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
    started = perf_counter()
    work()
    return perf_counter() - started, value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn") - begun


def drop() -> None:
    assert drop_expired((Retention.ACTIVITY,)) == 1


def delete() -> None:
    with connection.cursor() as cursor:
        while True:
            cursor.execute(DELETE, [BATCH])
            if cursor.rowcount < BATCH:
                break


def main() -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(PLANT.replace("ROWS", str(ROWS)))
        cursor.execute("VACUUM ANALYZE kernel_auditentry, kernel_auditlink, bench_entry, bench_link")
        dropped, dropped_log = measured(drop)
        deleted, deleted_log = measured(delete)
        vacuumed, vacuumed_log = measured(lambda: cursor.execute("VACUUM bench_entry, bench_link"))
        assert value("SELECT count(*) FROM bench_entry") == 0
        assert value("SELECT count(*) FROM kernel_auditentry WHERE at < now() - interval '90 days'") == 0
    report("retention_rows", ROWS, "entries")
    report("retention_drop", dropped * 1000, "ms")
    report("retention_drop_wal", dropped_log / 1024, "KiB")
    report("retention_delete", deleted * 1000, "ms")
    report("retention_delete_wal", deleted_log / 1024, "KiB")
    report("retention_delete_vacuum", vacuumed * 1000, "ms")
    report("retention_delete_vacuum_wal", vacuumed_log / 1024, "KiB")


if __name__ == "__main__":
    main()
