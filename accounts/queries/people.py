"""The members of a customer as its people pages, exports and API show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from accounts.models import ApiToken, Membership
from accounts.queries.notices import bouncing_people
from accounts.rules.members import LastSeen, last_seen
from kernel.actor import Actor
from kernel.errors import NotFound

PAGE_SIZE = 50
_SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class MemberSelection:
    """What a list of members shows. `search` is a part of name or address; `role` and `status` are exact; without a
    status those who left are not shown.
    """

    search: str = ""
    role: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member; `sees_all` is null where the customer's rule for all members holds, `sees_every_document` what comes
    of it. Times are UTC. `mail_comes_back` is asked for pages only.
    """

    id: str
    person_id: int
    name: str
    email: str
    role: str
    status: str
    sees_all: bool | None
    sees_every_document: bool
    second_step: bool
    seen: LastSeen
    joined_at: datetime
    ended_at: datetime | None
    mail_comes_back: bool = False

    def __str__(self) -> str:
        return self.name or self.email


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One page by name, and the id after which the next page begins."""

    items: list[MemberView]
    next_after: str | None


def members_page(
    actor: Actor, selection: MemberSelection, *, now: datetime, after: str | None = None, limit: int = PAGE_SIZE
) -> MemberPage:
    """The selected members of the actor's customer; `after` is the last id of the page before.

    Raises `Forbidden` without `member.read`, `NotFound` for an `after` that is no member.
    """
    rows = _selected(actor, selection)
    if after is not None:
        last = _rows(actor).filter(id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(Q(sorted_by__gt=last.sorted_by) | Q(sorted_by=last.sorted_by, id__gt=last.id))
    found = list(rows[: limit + 1])
    bouncing = bouncing_people([each.person_id for each in found[:limit]])
    items = [_view(each, now, mail_comes_back=each.person_id in bouncing) for each in found[:limit]]
    return MemberPage(items, items[-1].id if len(found) > limit else None)


def every_member(actor: Actor, selection: MemberSelection, *, now: datetime) -> Iterator[MemberView]:
    """All selected members by name, for an export."""
    for each in _selected(actor, selection).iterator(chunk_size=500):
        yield _view(each, now)


def member_of(actor: Actor, membership_id: str, *, now: datetime) -> MemberView:
    """One member of the actor's customer, who may have left. Raises `Forbidden` and `NotFound`."""
    found = _rows(actor).filter(id=membership_id).first()
    if found is None:
        raise NotFound
    return _view(found, now)


def tokens_made_by(actor: Actor, membership_id: str) -> QuerySet[ApiToken]:
    """The API tokens that a member made and that are not revoked, newest first, for who may know the members."""
    actor.require("member.read")
    tokens = ApiToken.objects.filter(customer_id=actor.customer, created_by_id=membership_id, revoked_at=None)
    return tokens.order_by("-created_at")


def _rows(actor: Actor) -> QuerySet[Any]:
    actor.require("member.read")
    second_step = Authenticator.objects.filter(user=OuterRef("person"), type__in=_SECOND_STEPS)
    members = Membership.objects.filter(customer_id=actor.customer).select_related("person", "customer")
    shown_name = Lower(Coalesce(NullIf(F("person__name"), Value("")), F("person__email"), output_field=CharField()))
    return members.annotate(second_step=Exists(second_step), sorted_by=shown_name)


def _selected(actor: Actor, selection: MemberSelection) -> QuerySet[Any]:
    rows = _rows(actor).order_by("sorted_by", "id")
    rows = rows.filter(status=selection.status) if selection.status else rows.exclude(status=Membership.Status.ENDED)
    if selection.role:
        rows = rows.filter(role=selection.role)
    for word in selection.search.split():
        rows = rows.filter(Q(person__name__icontains=word) | Q(person__email__icontains=word))
    return rows


def _view(row: Any, now: datetime, *, mail_comes_back: bool = False) -> MemberView:
    return MemberView(
        id=row.id,
        person_id=row.person_id,
        name=str(row.person) if row.person.forgotten_at else row.person.name,
        email="" if row.person.forgotten_at else row.person.email,
        role=row.role,
        status=row.status,
        sees_all=row.sees_all,
        sees_every_document="seal.read_all" in row.permissions,
        second_step=row.second_step,
        seen=last_seen(row.person.last_login, now),
        joined_at=row.created_at,
        ended_at=row.ended_at,
        mail_comes_back=mail_comes_back,
    )
