"""With every request: whether the database may be served at all, and what its browser has agreed to."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from kernel import clock
from kernel.api import problem
from kernel.tenancy.context import forget_customers
from privacy.queries.restoration import replay_is_pending
from privacy.views._standing import standing_of


class ConsentMiddleware:
    """Sets `request.cookies_standing`, and for apps that do not know this one `request.allowed_extras`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        standing = standing_of(request, clock.now())
        request.cookies_standing = standing  # type: ignore[attr-defined]  # our attributes on Django's request
        request.allowed_extras = standing.allowed_keys  # type: ignore[attr-defined]
        return self.get_response(request)


_ALWAYS_ANSWERED = ("/livez", "/readyz")
_MACHINES = ("/api/", "/scim/")


class RestoredDatabaseMiddleware:
    """Nobody comes in between the restore of a backup and the replay of what was erased since (clause D3)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in _ALWAYS_ANSWERED or not _pending():
            return self.get_response(request)
        forget_customers()
        with translation.override(translation.get_language_from_request(request)):  # nobody has set it yet
            response = _not_yet(request)
        response["Retry-After"] = "10"
        return response


def _pending() -> bool:
    """Also where nobody can tell: a database or a ledger that is away might come back as another."""
    try:
        return replay_is_pending()
    except (DatabaseError, OSError):
        return True


def _not_yet(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith(_MACHINES):
        title = _("The service is being restored.")
        detail = _("It answers again in a moment. Send the request again with the same Idempotency-Key.")
        return problem(status=503, code="replay_pending", title=title, detail=detail)
    return render(request, "503.html", status=503)
