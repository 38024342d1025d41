"""What a smaller plan has no room for: until when it is kept, and how much may stay (B11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet

from billing.models import StorageExcess, agreed_terms
from billing.queries.standing import running, special_terms_at
from billing.rules.excess import erasable_on, room_gb
from billing.rules.periods import legal_date
from billing.rules.storage import GIGABYTE
from kernel import clock


@dataclass(frozen=True, kw_only=True)
class Excess:
    """One downgrade. `room` in bytes is what may stay by the plan in force; None where everything may.

    `quota_gb` is that of the plan that began it. `erasable_on` is None while notices are missing.
    """

    id: str
    customer_id: str
    reduced_on: date
    quota_gb: int
    room: int | None
    erase_on: date
    erasable_on: date | None
    last_notice_at: datetime | None


def standing_excesses(*, now: datetime) -> Iterator[Excess]:
    """Every downgrade that no larger plan has ended, of customers whose content is there."""
    return (_excess(row, now) for row in _standing().order_by("id"))


def standing_excess(excess_id: str, *, now: datetime) -> Excess | None:
    """One of them, as it stands now; None once it has ended."""
    row = _standing().filter(id=excess_id).first()
    return _excess(row, now) if row is not None else None


def is_standing(excess_id: str) -> bool:
    """Whether the downgrade is still to be decided about."""
    return bool(_standing().filter(id=excess_id).exists())


def count_excesses() -> int:
    """How many are standing."""
    return int(_standing().count())


def excesses_of(customer_id: str, *, now: datetime) -> list[Excess]:
    """Those of one customer, what goes first before the others."""
    rows = _standing().filter(customer_id=customer_id).order_by("reduced_on", "id")
    return [_excess(row, now) for row in rows]


def _standing() -> QuerySet[StorageExcess]:
    return StorageExcess.objects.standing().exclude(customer__status__in=["ended", "closed"])


def _excess(row: StorageExcess, now: datetime) -> Excess:
    told_on = clock.legal_date(row.last_notice_at) if row.first_notice_at and row.last_notice_at else None
    gigabytes = room_gb(row.quota_gb, _quota_gb(row.customer_id, now))
    return Excess(
        id=row.id,
        customer_id=row.customer_id,
        reduced_on=row.reduced_on,
        quota_gb=row.quota_gb,
        room=None if gigabytes is None else gigabytes * GIGABYTE,
        erase_on=row.erase_on,
        erasable_on=erasable_on(row.erase_on, told_on, settings.OPERATOR_COUNTRY),
        last_notice_at=row.last_notice_at,
    )


def _quota_gb(customer_id: str, now: datetime) -> int | None:
    """The storage of the plan in force, with what was signed; None for one without a limit, and without a plan."""
    subscription = running(customer_id, now)
    if subscription is None:
        return None
    on = legal_date(max(now, subscription.started_at), subscription.zone)
    special = special_terms_at(customer_id, subscription.plan_version, on)
    return agreed_terms(subscription.plan_version, special).included_storage_gb
