"""Days of the audit trail, dropped whole by class (C3, D5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from functools import partial

from kernel import audit_partitions as partitions
from kernel.audit_periods import HOSTED, Retention
from kernel.clock import legal_date
from privacy.actions._retention import Spared, Sweep

_CHECKPOINT_WITHIN = timedelta(hours=12)


def _days(rule: str, classes: Collection[Retention]) -> Sweep:
    """A sweep that counts days. What its rule says is the period of the first class; longer ones wait longer."""
    return Sweep(
        rule=rule,
        store="kernel_auditentry",
        due=lambda before: partitions.count_expired(classes, _end_of_day(before)),
        population=lambda: len(partitions.days_of(classes)),
        oldest=partial(_oldest, classes),
        erase=partial(_erase, classes),
        batch=30,
        with_it=frozenset({"kernel_auditlink"}),
    )


def _oldest(classes: Collection[Retention]) -> datetime | None:
    days = partitions.days_of(classes)
    return datetime.combine(days[0], time.min, tzinfo=UTC) if days else None


def _erase(classes: Collection[Retention], *, before: datetime, limit: int, spared: Spared) -> int:
    """A day on which something of a spared customer happened stays whole: a chain cannot be cut in part."""
    return partitions.drop_expired(classes, before=_end_of_day(before), spared=spared.customers, limit=limit)


def _end_of_day(before: datetime) -> datetime:
    """Partitions are days of UTC, which end some hours after those of the operator's zone: no night is kept longer.

    The checkpoint that covers the last hours of a day is made after its end; half a day leaves room for it and not for
    the next day. The database waits until the period of the last moment of a day is over: nothing goes too early.
    """
    return datetime.combine(legal_date(before), time.min, tzinfo=UTC) + _CHECKPOINT_WITHIN


AUDIT = (
    _days("activity", (Retention.ACTIVITY,)),
    _days("hosted_audit", (*HOSTED, Retention.PLATFORM)),
)
