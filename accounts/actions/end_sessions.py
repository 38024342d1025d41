"""Signs a person out in other browsers."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound


def end_sessions(*, actor: Actor, session_id: int | None = None, but: str = "", now: datetime) -> int:
    """How many sessions of the person have ended: the one named, or all except the one with the key `but`.

    Raises `NotFound` for a session that is not the person's. API tokens are no sessions and go on.
    """
    with transaction.atomic():
        sessions = UserSession.objects.select_for_update().filter(user_id=actor.person).exclude(session_key=but)
        ending = list(sessions if session_id is None else sessions.filter(pk=session_id))
        if session_id is not None and not ending:
            raise NotFound
        for session in ending:
            session.end()
        if ending:
            details = {"count": len(ending)}
            audit.record(actor=actor, action="person.sessions_ended", now=now, subject=actor.person, details=details)
    return len(ending)
