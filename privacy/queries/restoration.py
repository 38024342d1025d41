"""Whether this database was restored from a backup that knows less of erasures than the ledger outside.

Asked with every request and before every job, it costs a look at the ledger's file. The database is asked only when
that file has changed or the connection is a new one: whoever swaps a database breaks all its connections, so that no
process, however long it has been running, serves a restored one unasked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from django.db import connection

from privacy.gateways import ledger
from privacy.models import ErasureLedgerEntry

_AT_ONCE = 5_000


class _Known(threading.local):
    """The connection that was found to be of a database that knows every erasure, and the file as it was then."""

    connection: object | None = None
    mark: tuple[int, int] | None = None


_known = _Known()


class LedgerLost(OSError):
    """The database knows of erasures and there is no ledger outside: nobody can tell what that knew besides."""


def replay_is_pending() -> bool:
    """Whether the ledger outside has entries that the database lacks.

    Raises `OSError` when it cannot be read, and `LedgerLost`, which is one.
    """
    mark = ledger.mark()
    connection.close_if_health_check_failed()  # or the break would be found after the question was answered
    if connection.connection is not None and (_known.connection, _known.mark) == (connection.connection, mark):
        return False
    if mark is None and ErasureLedgerEntry.objects.exists():
        raise LedgerLost
    pending = next(missing_entries(), None) is not None
    if not pending:
        _known.connection, _known.mark = connection.connection, mark
    return pending


def missing_entries() -> Iterator[dict[str, Any]]:
    """The entries outside that the database lacks, oldest first."""
    outside = list(ledger.entries())
    for start in range(0, len(outside), _AT_ONCE):
        part = outside[start : start + _AT_ONCE]
        known = set(
            ErasureLedgerEntry.objects.filter(id__in=[each["id"] for each in part]).values_list("id", flat=True)
        )
        yield from (each for each in part if each["id"] not in known)


def forget() -> None:
    """Ask anew the next time."""
    _known.connection = None
