"""Gives notice of something: one row for all, shown in the portal, and a mail to each recipient (clause E8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Membership, Notice, NoticeDelivery, Person
from accounts.queries import people_who_may
from accounts.rules.notices import NoticeKind, is_mailed, notice_kind, notice_number
from kernel import audit, jobs, outbox
from kernel.actor import Actor
from kernel.clock import legal_date

State = NoticeDelivery.State

_NEXT_PLACE = """
    INSERT INTO accounts_noticecounter (owner, year, last) VALUES (%s, %s, 1)
    ON CONFLICT (owner, year) DO UPDATE SET last = accounts_noticecounter.last + 1 RETURNING last
"""


def give_notice(
    *,
    kind: str,
    customer_id: str | None,
    now: datetime,
    permission: str = "",
    people: Collection[int] = (),
    facts: Mapping[str, Any] | None = None,
    subject: str = "",
) -> Notice:
    """Tell all active members whose role has `permission`, and the `people` by their ids, in the caller's transaction.

    `kind` is in `rules.notices`; `facts` is what its templates say, JSON with moments named `..._at` and dates named
    `..._on`; `subject` the id of what it is about. Without a customer it is for people or staff, who have it by mail
    only. Call it last: the row that counts a customer's notices is held until the caller's transaction ends.
    """
    known = notice_kind(kind)
    with transaction.atomic():
        members = _active_members(customer_id)
        told = {*people, *(people_who_may(permission, customer_id=customer_id) if permission and customer_id else ())}
        notice = Notice.objects.create(
            number=_next_number(customer_id, now),
            kind=kind,
            customer_id=customer_id,
            subject=subject,
            facts=dict(facts or {}),
            at=now,
            given_at=now if told & members.keys() else None,
        )
        _address(notice, known, told, members, now)
        told_facts = {"kind": kind, "number": notice.number, "people": len(told)}
        system = Actor.system("accounts.give_notice", customer_id=customer_id)
        audit.record(actor=system, action="notice.given", now=now, subject=notice.id, details=told_facts)
        outbox.emit("notice.given", now=now, customer_id=customer_id, subject=notice.id, payload=told_facts)
    return notice


def _active_members(customer_id: str | None) -> dict[int, list[str]]:
    """What each active member, by the person's id, has muted."""
    members = Membership.objects.active().filter(customer_id=customer_id) if customer_id else Membership.objects.none()
    return dict(members.values_list("person_id", "muted_topics"))


def _next_number(customer_id: str | None, now: datetime) -> str:
    year = legal_date(now).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_PLACE, [customer_id or "", year])
        return notice_number(year, cursor.fetchone()[0])


def _address(notice: Notice, kind: NoticeKind, told: set[int], members: dict[int, list[str]], now: datetime) -> None:
    recipients = Person.objects.filter(pk__in=told, is_active=True).order_by("pk")
    deliveries = NoticeDelivery.objects.bulk_create(
        NoticeDelivery(
            notice=notice,
            person=person,
            email=person.email,
            language=person.language or settings.LANGUAGE_CODE,
            state=_state(kind, person, members.get(person.pk, ())),
        )
        for person in recipients
    )
    for delivery in deliveries:
        if delivery.state == State.QUEUED:
            jobs.enqueue(
                "accounts.mail_notice",
                now=now,
                key=f"accounts.mail_notice:{delivery.id}",
                payload={"delivery": delivery.id},
            )


def _state(kind: NoticeKind, person: Person, muted: Collection[str]) -> State:
    mailed = is_mailed(kind, muted_topics=muted, restricted=person.restricted_at is not None)
    return State.QUEUED if mailed else State.MUTED
