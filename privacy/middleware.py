"""With every request: what its browser has agreed to."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from kernel import clock
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
