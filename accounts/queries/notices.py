"""Notices as their readers see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.gateways.mail import Letter, write_letter
from accounts.models import Customer, Membership, Notice, NoticeDelivery, Person
from accounts.rules.notices import given_on, notice_kind
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound

PAGE_SIZE = 25
State = NoticeDelivery.State


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice in a list. `delivery` is the reader's own, None when it was addressed to others only."""

    notice: Notice
    subject: str
    given_on: date | None
    delivery: NoticeDelivery | None

    @property
    def unread(self) -> bool:
        return self.delivery is not None and self.delivery.read_at is None


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One page of notices, newest first, and the id after which the next begins."""

    items: list[NoticeLine]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice in full; `log` is what became of each recipient's, for who may see it."""

    line: NoticeLine
    letter: Letter
    log: list[NoticeDelivery]

    @property
    def notice(self) -> Notice:
        return self.line.notice


def words_of(notice: Notice, *, language: str) -> Letter:
    """Subject and text of a notice in a reader's language."""
    return write_letter(notice_kind(notice.kind).template, language=language, context=_context(notice))


def _context(notice: Notice) -> dict[str, Any]:
    """The notice's facts; `customer`, or None; `portal`, the address of the customer's portal, and `site`, ours."""
    customer = notice.customer
    return {
        "number": notice.number,  # unless it is about a document, which has one of its own
        **{name: _typed(name, value) for name, value in notice.facts.items()},
        "customer": customer,
        "site": settings.BASE_URL,
        "portal": _portal(customer),
    }


def _portal(customer: Customer | None) -> str:
    """Empty for a customer that is erased: there is nothing to open any more."""
    if customer is None:
        return str(settings.BASE_URL)
    return "" if customer.status == Customer.Status.CLOSED else f"{settings.BASE_URL}/c/{customer.slug}"


def _typed(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name.endswith("_on") else value


def _addressed(actor: Actor, *, own: bool) -> QuerySet[Notice]:
    """What the member finds in this portal: the customer's notices to them, with `own` those to them as a person."""
    here = Q(customer_id=actor.customer) | (Q(customer=None) if own else Q())
    return Notice.objects.filter(here, deliveries__person=int(actor.person))


def _with_own(notices: QuerySet[Notice], actor: Actor) -> QuerySet[Notice]:
    own = Prefetch("deliveries", NoticeDelivery.objects.filter(person=int(actor.person)), to_attr="own")
    return notices.select_related("customer").prefetch_related(own)


def notices_of(
    actor: Actor,
    *,
    language: str,
    unread: bool = False,
    everybody: bool = False,
    after: str | None = None,
    own: bool = True,
) -> NoticePage:
    """The notices addressed to the member, or with `everybody` all of the customer; raises `Forbidden` for that.

    `own`: those to them as a person, too, such as staff's about other customers. They are not for whom a customer's
    provider signed in (clause C10). `unread`: only those the member has not opened. `after`: the id of the last
    notice of the page before.
    """
    if everybody:
        actor.require("customer.manage")
        found = Notice.objects.filter(customer_id=actor.customer)
    else:
        found = _addressed(actor, own=own)
        found = found.filter(deliveries__read_at=None) if unread else found
    if after is not None:
        found = found.filter(id__lt=after)
    rows = list(_with_own(found, actor).order_by("-id")[: PAGE_SIZE + 1])
    lines = [_line(row, words_of(row, language=language).subject) for row in rows[:PAGE_SIZE]]
    return NoticePage(lines, rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None)


def _line(notice: Notice, subject: str) -> NoticeLine:
    own: list[NoticeDelivery] = notice.own  # type: ignore[attr-defined]  # prefetched
    return NoticeLine(notice, subject, given_on(notice.given_at, legal_zone()), own[0] if own else None)


def notice_of(actor: Actor, notice_id: str, *, language: str, own: bool = True) -> NoticeView:
    """A notice to the member or, for who manages the customer, any of the customer's, with its delivery log.

    `own` as in `notices_of`. Raises `NotFound`.
    """
    manages = actor.may("customer.manage")
    mine = Q(id__in=_addressed(actor, own=own).values("id"))
    readable = mine | Q(customer_id=actor.customer) if manages else mine
    found = _with_own(Notice.objects.filter(readable, id=notice_id), actor).first()
    if found is None:
        raise NotFound
    letter = words_of(found, language=language)
    log = found.deliveries.select_related("person").order_by("email") if manages and found.customer_id else ()
    return NoticeView(_line(found, letter.subject), letter, list(log))


def bouncing_people(people: Collection[int]) -> set[int]:
    """Those of the people to whose present address the last mail did not arrive."""
    mailed = NoticeDelivery.objects.filter(person=OuterRef("pk"), email=OuterRef("email"))
    newest = mailed.filter(state__in=[State.SENT, State.BOUNCED]).order_by("-notice").values("state")[:1]
    found = Person.objects.filter(pk__in=people).annotate(last_mail=Subquery(newest)).filter(last_mail=State.BOUNCED)
    return set(found.values_list("pk", flat=True))


def muted_topics(actor: Actor) -> set[str]:
    """The topics whose mail the member does without."""
    return set(Membership.objects.get(id=actor.id).muted_topics)
