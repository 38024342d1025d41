"""Reading events from a place on, in an order in which nothing is ever added before that place.

An id is given when an event is written and seen when its transaction commits, so a reader who remembers the highest id
would miss the event of a slower transaction. Here the order is (transaction, id), and only transactions older than the
oldest that still runs are read: of those everything is known. One that hangs holds the stream up, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL

from kernel.models import Event


class Place(NamedTuple):
    """A place in the stream: after the event `event` of the transaction `transaction`."""

    transaction: int
    event: int


BEGINNING = Place(0, 0)
# What this transaction wrote itself it may read, too; requests and jobs read before they write.
_OLDEST_RUNNING = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_OURS = "pg_current_xact_id_if_assigned()::text::bigint"
SETTLED = f"(written_by < {_OLDEST_RUNNING} OR written_by = {_OURS})"


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the stream; `place` is right after it."""

    id: int
    name: str
    at: datetime
    subject: str
    payload: Mapping[str, Any]
    place: Place


def events_after(
    place: Place,
    *,
    customer_id: str,
    names: Collection[str] | None = None,
    holding: Mapping[str, Any] | None = None,
    limit: int,
) -> list[Happened]:
    """The settled events of a customer after a place, in order: of all names, or of these; only those `holding` these
    fields in their payload.
    """
    later = Q(written_by__gte=place.transaction) & ~Q(written_by=place.transaction, id__lte=place.event)
    return _read(_settled(customer_id, names, holding).filter(later).order_by("written_by", "id")[:limit])


def events_before(
    place: Place | None,
    *,
    customer_id: str,
    names: Collection[str] | None = None,
    holding: Mapping[str, Any] | None = None,
    limit: int,
) -> list[Happened]:
    """The same backwards from the event whose place this is, without it; from the newest for None."""
    found = _settled(customer_id, names, holding)
    if place is not None:
        found = found.filter(
            Q(written_by__lte=place.transaction) & ~Q(written_by=place.transaction, id__gte=place.event)
        )
    return _read(found.order_by("-written_by", "-id")[:limit])


def _settled(customer_id: str, names: Collection[str] | None, holding: Mapping[str, Any] | None) -> QuerySet[Event]:
    settled = Q(written_by__lt=_number(_OLDEST_RUNNING)) | Q(written_by=_number(_OURS))
    found = Event.objects.filter(settled, customer_id=customer_id)
    if names is not None:
        found = found.filter(name__in=names)
    return found.filter(payload__contains=dict(holding)) if holding else found


def _number(sql: str) -> RawSQL:
    return RawSQL(sql, [], output_field=BigIntegerField())  # noqa: S611 - a constant


def _read(rows: QuerySet[Event]) -> list[Happened]:
    return [Happened(row.id, row.name, row.at, row.subject, row.payload, Place(row.written_by, row.id)) for row in rows]


def place_now() -> Place:
    """The place from which on everything is later than now; gives the caller's transaction its number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint, coalesce(max(id), 0) FROM kernel_event")
        transaction, event = cursor.fetchone()
    return Place(transaction, event)
