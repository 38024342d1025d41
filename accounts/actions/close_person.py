"""Shuts the account of somebody who is about to be forgotten: nobody comes in by it any more (clause D3)."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.models import Person
from accounts.queries.leavers import leaver
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden


def close_person(*, person_id: int, since: datetime, actor: Actor, now: datetime) -> bool:
    """True once the account is closed and signed out everywhere, also when it was before.

    False, and nothing is changed, for staff, for who belongs to a customer by now, and for those whose clock runs since
    another moment than `since` (UTC), because they signed in or took back their wish. Whoever would make them a member
    waits for the caller's transaction.
    """
    if actor.kind not in {"system", "staff"}:
        raise Forbidden
    with transaction.atomic():
        person = Person.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
        standing = leaver(person_id)
        if person is None or standing is None or standing.since != since:
            return False
        if person.is_active:
            Person.objects.filter(pk=person_id).update(is_active=False)
            for session in UserSession.objects.select_for_update().filter(user_id=person_id):
                session.end()
            audit.record(actor=actor, action="person.closed", now=now, subject=str(person_id))
    return True
