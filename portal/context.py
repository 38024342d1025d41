"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The operator's name, whether cards are offered; in a portal the customers to switch to, and unread notices."""
    return {
        "operator_name": settings.OPERATOR_NAME,
        "cards_offered": bool(settings.STRIPE_SECRET_KEY),
        "customers": getattr(request, "customers", []),
        "unread_notices": getattr(getattr(request, "membership", None), "unread_notices", 0),
    }
