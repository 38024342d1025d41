"""The rows behind the figures of a month, a page at a time, with what each was corrected by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from billing.models import UsageEvent
from billing.queries import UsageFilter, usage_rows_seen_by
from billing.queries.orderers import orderer_names
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput

PAGE_SIZE = 100


@dataclass(frozen=True, kw_only=True)
class EventLine:
    """One counted delivery, or the reversal of one: then `reason` says why it was taken back.

    `ordered_by` is the name of the member or API token, empty where nobody knows it any more.
    """

    id: int
    occurred_at: datetime
    quantity: int
    source_type: str
    source_id: str
    late: bool
    orderer_id: str
    ordered_by: str
    reason: str
    taken_back: bool


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """Events, newest first, and the place after which the next page begins; None on the last."""

    lines: list[EventLine]
    next_after: str | None


def events_page(
    actor: Actor,
    *,
    month: date | None,
    now: datetime,
    narrowed: UsageFilter | None = None,
    after: str | None = None,
) -> EventPage:
    """A page of a month's events as far as the actor may see them; raises `Forbidden`, `InvalidInput`."""
    rows = usage_rows_seen_by(actor, month=month, now=now, narrowed=narrowed)
    if after is not None:
        moment, number = _place(after)
        rows = rows.filter(Q(occurred_at__lt=moment) | Q(occurred_at=moment, id__lt=number))
    rows = rows.select_related("correction", "corrects").order_by("-occurred_at", "-id")
    found = list(rows[: PAGE_SIZE + 1])
    shown, more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    last = f"{shown[-1].occurred_at.isoformat()} {shown[-1].pk}" if more else None
    return EventPage(lines=_lines(actor, shown), next_after=last)


def _place(after: str) -> tuple[datetime, int]:
    moment, _, number = after.partition(" ")
    try:
        return datetime.fromisoformat(moment), int(number)
    except ValueError as error:
        raise InvalidInput(errors=[FieldError("/cursor", "invalid_cursor", "")]) from error


def _lines(actor: Actor, events: Iterable[UsageEvent]) -> list[EventLine]:
    found = list(events)
    names = orderer_names(actor.customer, {event.member_id or event.token_id for event in found})
    return [
        EventLine(
            id=event.pk,
            occurred_at=event.occurred_at,
            quantity=event.quantity,
            source_type=event.source_type,
            source_id=event.source_id,
            late=event.late,
            orderer_id=event.member_id or event.token_id,
            ordered_by=names.get(event.member_id or event.token_id, ""),
            reason=event.corrects.reason if hasattr(event, "corrects") else "",
            taken_back=hasattr(event, "correction"),
        )
        for event in found
    ]
