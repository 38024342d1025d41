"""Which certificates the development CAs have issued, and which of them are revoked."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Revocation:
    serial: int
    revoked_at: datetime
    reason: str


class Registry:
    """One SQLite file; every change is on disk before it is answered."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute(
            "create table if not exists certificate (issuer text, serial text, subject text, issued_at integer, "
            "revoked_at integer, reason text, primary key (issuer, serial))"
        )

    def record(self, *, issuer: str, serial: int, subject: str, now: datetime) -> None:
        """Remembers an issued certificate; a second time changes nothing."""
        row = (issuer, f"{serial:x}", subject, int(now.timestamp()))
        self._database.execute("insert or ignore into certificate values (?, ?, ?, ?, null, null)", row)

    def revoke(self, *, issuer: str, serial: int, reason: str, now: datetime) -> Revocation | None:
        """Revokes for good: a second time keeps the first moment and reason. None if it was never issued."""
        self._database.execute(
            "update certificate set revoked_at = ?, reason = ? where issuer = ? and serial = ? and revoked_at is null",
            (int(now.timestamp()), reason, issuer, f"{serial:x}"),
        )
        return next((found for found in self.revoked(issuer) if found.serial == serial), None)

    def status(self, *, issuer: str, serial: int) -> Revocation | bool:
        """The revocation, or whether the certificate was issued at all."""
        query = "select revoked_at, reason from certificate where issuer = ? and serial = ?"
        row = self._database.execute(query, (issuer, f"{serial:x}")).fetchone()
        return _revocation(serial, *row) if row and row[0] else row is not None

    def revoked(self, issuer: str) -> list[Revocation]:
        """Everything this issuer has revoked, oldest first."""
        query = (
            "select serial, revoked_at, reason from certificate "
            "where issuer = ? and revoked_at is not null order by revoked_at, serial"
        )
        return [_revocation(int(row[0], 16), *row[1:]) for row in self._database.execute(query, (issuer,))]


def _revocation(serial: int, revoked_at: int, reason: str) -> Revocation:
    return Revocation(serial, datetime.fromtimestamp(revoked_at, UTC), reason)
