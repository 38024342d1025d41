"""Remembers how an address that tells about revocation has been answering."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from trust.gateways.revocation import Source

# A success is written down every ten seconds at most: hundreds of certificates may share an address.
_OK = """
    INSERT INTO trust_revocationsource (kind, url, failures, last_ok_at, last_error)
    VALUES (%(kind)s, %(url)s, 0, %(now)s, '')
    ON CONFLICT (kind, url) DO UPDATE SET failures = 0, failing_since = NULL, last_ok_at = EXCLUDED.last_ok_at
     WHERE trust_revocationsource.failures > 0 OR trust_revocationsource.last_ok_at IS NULL
        OR trust_revocationsource.last_ok_at < EXCLUDED.last_ok_at - interval '10 seconds'
"""
_FAILED = """
    INSERT INTO trust_revocationsource (kind, url, failures, failing_since, last_error, last_error_at)
    VALUES (%(kind)s, %(url)s, 1, %(now)s, %(problem)s, %(now)s)
    ON CONFLICT (kind, url) DO UPDATE SET failures = trust_revocationsource.failures + 1,
        failing_since = coalesce(trust_revocationsource.failing_since, EXCLUDED.failing_since),
        last_error = EXCLUDED.last_error, last_error_at = EXCLUDED.last_error_at
"""


def note_source(*, source: Source, problem: str, now: datetime) -> None:
    """Note that a source answered well, or with `problem` that it did not."""
    values = {"kind": source.kind.value, "url": source.url, "now": now, "problem": problem[:300]}
    with connection.cursor() as cursor:
        cursor.execute(_FAILED if problem else _OK, values)
