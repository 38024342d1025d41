"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.queries import customers_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """The operator's name, and in a portal the customers one can switch to."""
    person = getattr(request, "user", None)
    in_portal = getattr(request, "customer", None) is not None
    return {
        "operator_name": settings.OPERATOR_NAME,
        "customers": customers_of(person) if in_portal and person and person.is_authenticated else [],
    }
