"""Access grants, as the customer sees them and as staff find theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import AccessGrant, AccessRead
from accounts.rules.grants import LIVING, Basis, GrantState, is_over, lapses_at
from kernel.actor import Actor

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant as the customer sees it: `state` as it is at this moment, `until` when that ends (UTC), each page read.

    `revocable`: whether the customer may end it now.
    """

    id: str
    basis: str
    state: str
    purpose: str
    authority: str
    order_reference: str
    all_documents: bool
    seal_ids: tuple[str, ...]
    with_content: bool
    with_trail: bool
    hours: int
    offered_by_name: str
    offered_at: datetime | None
    requested_by_name: str
    requested_at: datetime | None
    approved_by_name: str
    starts_at: datetime | None
    until: datetime | None
    ended_at: datetime | None
    ended_by_name: str
    reads: tuple[AccessRead, ...]
    revocable: bool

    @property
    def living(self) -> bool:
        """Whether staff look, or still may come to look."""
        return self.state in LIVING


def grants_of(actor: Actor, *, now: datetime) -> list[GrantView]:
    """The newest grants of the actor's customer, with every page that was read.

    What an authority's order forbids to tell is not among them. Raises `Forbidden` without `access.grant`.
    """
    actor.require("access.grant")
    reads = Prefetch("reads", AccessRead.objects.order_by("id"))
    grants = AccessGrant.objects.filter(customer_id=actor.customer).prefetch_related(reads)
    told = grants.filter(Q(silent_until=None) | Q(silent_until__lte=now))
    return [_view(grant, now) for grant in told.order_by("-id")[:MOST_SHOWN]]


def _view(grant: AccessGrant, now: datetime) -> GrantView:
    over = is_over(grant.terms, now=now)
    state = GrantState.ENDED.value if over and grant.state in LIVING else grant.state
    return GrantView(
        id=grant.id,
        basis=grant.basis,
        state=state,
        purpose=grant.purpose,
        authority=grant.authority,
        order_reference=grant.order_reference,
        all_documents=grant.all_documents,
        seal_ids=tuple(grant.seal_ids),
        with_content=grant.with_content,
        with_trail=grant.with_trail,
        hours=grant.hours,
        offered_by_name=grant.offered_by_name,
        offered_at=grant.offered_at,
        requested_by_name=grant.requested_by_name,
        requested_at=grant.requested_at,
        approved_by_name=grant.decided_by_name if grant.starts_at else "",
        starts_at=grant.starts_at,
        until=lapses_at(grant.terms) if state in LIVING else None,
        ended_at=grant.ended_at or (lapses_at(grant.terms) if over else None),
        ended_by_name=grant.ended_by_name,
        reads=tuple(grant.reads.all()),
        revocable=state in LIVING and grant.basis == Basis.CUSTOMER_REQUEST,
    )


def waiting_grants(*, now: datetime) -> int:
    """How many grants wait for staff: to be taken up, or to be decided."""
    return sum(
        not is_over(grant.terms, now=now)
        for grant in AccessGrant.objects.filter(state__in=[GrantState.OFFERED, GrantState.REQUESTED])
    )


def grants_in_state(grant_id: str, *states: GrantState) -> QuerySet[AccessGrant]:
    """The grant, if it is in one of these states; for buttons that are shown only then."""
    return AccessGrant.objects.filter(pk=grant_id, state__in=[state.value for state in states])


@dataclass(frozen=True, slots=True)
class OrderOfGrant:
    """What an access grant by an authority's order is about; `silent_until` (UTC) while the order forbids to tell."""

    customer_id: str
    silent_until: datetime | None


def order_of_grant(grant_id: str) -> OrderOfGrant | None:
    """The order behind an access grant; None for any other grant (clause D8)."""
    orders = AccessGrant.objects.filter(pk=grant_id, basis=Basis.AUTHORITY_ORDER.value)
    found = orders.values_list("customer_id", "silent_until").first()
    return OrderOfGrant(*found) if found else None
