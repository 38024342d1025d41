"""What the retention engine would erase of one store at a moment, without its brake and ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from kernel import clock
from privacy.actions._retention import Spared, Sweep
from privacy.actions._sweeps import SWEEPS
from privacy.catalogue import RULE
from privacy.rules.retention import last_day_gone


def boundary(sweep: Sweep, now: datetime) -> datetime:
    """The moment before which everything of a rule is gone today."""
    gone = last_day_gone(RULE[sweep.rule], clock.legal_date(now))
    return clock.legal_midnight(gone + timedelta(days=1))


def swept(store: str, now: datetime) -> int:
    """Erase what is due of a store; returns how many went."""
    return sum(
        sweep.erase(before=boundary(sweep, now), limit=10_000, spared=Spared())
        for sweep in SWEEPS
        if sweep.store == store
    )


def set_database_clock(now: datetime) -> None:
    """What the database's own limits count from, until the transaction ends: only the owner of its functions can."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION kernel_erasing_clock() RETURNS timestamptz LANGUAGE sql VOLATILE"
            f" SET search_path = pg_catalog AS $$ SELECT '{now.isoformat()}'::timestamptz $$"
        )
