"""Reading events from a place on, in an order in which nothing is ever added before that place.

An id is given when an event is written and seen when its transaction commits, so a reader who remembers the highest id
would miss the event of a slower transaction. Here the order is (transaction, id), and only transactions older than the
oldest that still runs are read: of those everything is known. One that hangs holds the stream up, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

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


def events_after(place: Place, *, customer_id: str, names: Collection[str] | None = None) -> QuerySet[Event]:
    """The settled events of a customer after a place, in order; of all names, or of these."""
    settled = Q(written_by__lt=_number(_OLDEST_RUNNING)) | Q(written_by=_number(_OURS))
    later = Q(written_by__gte=place.transaction) & ~Q(written_by=place.transaction, id__lte=place.event)
    found = Event.objects.filter(settled, later, customer_id=customer_id)
    return (found if names is None else found.filter(name__in=names)).order_by("written_by", "id")


def _number(sql: str) -> RawSQL:
    return RawSQL(sql, [], output_field=BigIntegerField())  # noqa: S611 - a constant


def place_of(event: Event) -> Place:
    """The place right after an event."""
    return Place(event.written_by, event.id)


def place_now() -> Place:
    """The place from which on everything is later than now; gives the caller's transaction its number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint, coalesce(max(id), 0) FROM kernel_event")
        transaction, event = cursor.fetchone()
    return Place(transaction, event)
