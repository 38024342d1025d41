"""What goes by age of files: logs, mails that came back, statements, leftovers, backups (D4, D5, E9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from privacy.actions._retention import Spared, Sweep
from privacy.gateways import folders
from privacy.gateways.folders import Aged

Found = Callable[[], Iterator[Aged]]


def files(rule: str, store: str, found: Found) -> Sweep:
    """The sweep of a store of files; `found` names each with the moment from which its period counts."""
    return Sweep(
        rule=rule,
        store=store,
        due=lambda before: sum(at < before for _path, at in found()),
        population=lambda: sum(1 for _each in found()),
        oldest=lambda: min((at for _path, at in found()), default=None),
        erase=partial(_erase, found),
    )


def _erase(found: Found, *, before: datetime, limit: int, spared: Spared) -> int:
    """Files are of nobody in particular: a hold spares one by its name."""
    gone = 0
    for path, at in list(found()):
        if gone == limit:
            break
        if at < before and path.name not in spared.subjects:
            folders.remove(path)
            gone += 1
    return gone


SWEEPS = (
    files("activity", "system_log", folders.logs),
    files("activity", "returned_mails", folders.returned_mails),
    files("bookkeeping", "bank_statements", folders.bank_statements),
    files("expired", "uploads", folders.leftovers),
    files("expired", "exports_in_the_making", folders.unfinished_exports),
    files("backup", "backups", folders.backups),
    files("upgrade_copy", "upgrade_copy", folders.copies_before_upgrades),
)
