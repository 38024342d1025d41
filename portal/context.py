"""What every page shows around its content."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.queries.notices import unread_notices


def shell(request: HttpRequest) -> dict[str, Any]:
    """The operator's name, and in a portal the customers one can switch to and the number of unread notices.

    That is a callable, asked only by pages that show it, and once by each.
    """
    actor = getattr(request, "actor", None)
    return {
        "operator_name": settings.OPERATOR_NAME,
        "customers": getattr(request, "customers", []),
        "unread_notices": cache(partial(unread_notices, actor)) if actor else 0,
    }
