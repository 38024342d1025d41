"""What every page shows around its content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.queries.notices import unread_notices
from accounts.queries.openings import opening_of
from kernel.actor import Actor


def shell(request: HttpRequest) -> dict[str, Any]:
    """The operator's name, and in a portal the customers one can switch to and the number of unread notices.

    That is a callable, asked only by pages that show it.
    """
    actor = getattr(request, "actor", None)
    return {
        "operator_name": settings.OPERATOR_NAME,
        "customers": getattr(request, "customers", []),
        "unread_notices": _unread(request, actor) if actor else 0,
    }


def _unread(request: HttpRequest, actor: Actor) -> Callable[[], int]:
    return lambda: unread_notices(actor, own=opening_of(request.session) is None)
