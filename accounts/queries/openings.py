"""What a session remembers of the identity provider that opened it."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import asdict
from typing import Any

from accounts.rules.sign_in import Opening

_KEY = "opened_by_provider"


def opening_of(session: MutableMapping[str, Any]) -> Opening | None:
    """How the session was opened; None for a sign-in by means of the person's own."""
    found = session.get(_KEY)
    return Opening(**found) if found else None


def remember_opening(session: MutableMapping[str, Any], opening: Opening) -> None:
    """Bind the session to what opened it."""
    session[_KEY] = asdict(opening)
