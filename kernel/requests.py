"""Every answer carries `X-Request-Id`; the audit trail and the logs carry the same one."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request

from kernel.ids import new_id

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request being answered, or an empty string in tasks and commands."""
    return _current.get()


class RequestIdMiddleware:
    """Outermost, so that errors carry the id too. A caller's own id is not taken over: it could forge the log.

    An address with a NUL is refused here: no text in PostgreSQL can hold one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _current.set(new_id("req"))
        try:
            response = bad_request(request, ValueError()) if _has_nul(request) else self.get_response(request)
            response["X-Request-Id"] = _current.get()
            return response
        finally:
            _current.reset(token)


def _has_nul(request: HttpRequest) -> bool:
    return "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
