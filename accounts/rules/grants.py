"""When staff may look at what a customer keeps encrypted (clause D7): by a grant, by two people, four hours at most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(hours=4)
HOURS = (1, 2, 4)
OFFER_HOLDS = timedelta(days=3)
REQUEST_HOLDS = timedelta(days=1)


class Basis(StrEnum):
    """Why anybody may look at all: nothing else is in the contract."""

    CUSTOMER_REQUEST = "customer_request"
    AUTHORITY_ORDER = "authority_order"


class GrantState(StrEnum):
    """A customer's wish is offered, then requested by staff; an authority's order is requested at once."""

    OFFERED = "offered"
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"
    ENDED = "ended"


LIVING = frozenset({GrantState.OFFERED, GrantState.REQUESTED, GrantState.GRANTED})


class Use(StrEnum):
    OPEN = "open"
    NOT_GRANTED = "not_granted"
    OVER = "over"
    ANOTHERS = "anothers"


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What decides about a grant. `seal_ids` is None where all documents are meant. Times in UTC, ends exclusive."""

    state: str
    requested_by: int | None
    offered_at: datetime | None
    requested_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    seal_ids: frozenset[str] | None = None
    silent_until: datetime | None = None


def judge_use(terms: GrantTerms, *, person_id: int, now: datetime) -> Use:
    """Whether this member of staff may open a page with the grant now. Only who requested it may: need to know."""
    if terms.requested_by != person_id:
        return Use.ANOTHERS
    if terms.state not in {GrantState.GRANTED, GrantState.ENDED, GrantState.REVOKED}:
        return Use.NOT_GRANTED
    if terms.state != GrantState.GRANTED or terms.starts_at is None or terms.ends_at is None:
        return Use.OVER
    return Use.OPEN if terms.starts_at <= now < terms.ends_at else Use.OVER


def may_decide(terms: GrantTerms, *, person_id: int) -> bool:
    """Whether this member of staff is a second person."""
    return terms.requested_by != person_id


def end_of(starts_at: datetime, hours: int) -> datetime:
    """When a grant of `hours` ends that begins at `starts_at`; never later than four hours."""
    return starts_at + min(timedelta(hours=hours), LONGEST)


def lapses_at(terms: GrantTerms) -> datetime | None:
    """When a grant is over by itself: the offer or request that nobody took up, or the time that was granted.

    None once it is over.
    """
    if terms.state == GrantState.OFFERED and terms.offered_at:
        return terms.offered_at + OFFER_HOLDS
    if terms.state == GrantState.REQUESTED and terms.requested_at:
        return terms.requested_at + REQUEST_HOLDS
    return terms.ends_at if terms.state == GrantState.GRANTED else None


def is_over(terms: GrantTerms, *, now: datetime) -> bool:
    """Whether nothing can come of the grant any more, whether or not somebody has written it down yet."""
    end = lapses_at(terms)
    return end is None or now >= end


def covers(terms: GrantTerms, seal_ids: Collection[str]) -> bool:
    """Whether all these documents are among those that the grant names."""
    return terms.seal_ids is None or terms.seal_ids.issuperset(seal_ids)


def is_silent(terms: GrantTerms, *, now: datetime) -> bool:
    """Whether an authority's order forbids to tell the customer, still."""
    return terms.silent_until is not None and now < terms.silent_until
