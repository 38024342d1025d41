"""Notes that a session is in use, for the person's list of where they are signed in."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession


def note_session_use(*, session_key: str, address: str, user_agent: str, now: datetime) -> None:
    """Set when, from which network address and with which browser the session was used last."""
    UserSession.objects.filter(session_key=session_key).update(
        last_seen_at=now, ip=address, user_agent=user_agent[: UserSession._meta.get_field("user_agent").max_length]
    )
