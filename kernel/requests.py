"""Every answer carries `X-Request-Id`; the audit trail and the logs carry the same one.

The log of requests names routes and never addresses: in an address stand secrets of invitations and of forgotten
passwords, and the words that a customer searches for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar

from django.core.exceptions import BadRequest
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse

from kernel.ids import new_id

logger = logging.getLogger(__name__)
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request being answered, or an empty string in tasks and commands."""
    return _current.get()


def route_of(request: HttpRequest) -> str:
    """The pattern that the address matched, such as `/invitations/<str:secret>/`; `-` when it matched none."""
    match = request.resolver_match
    prefix = "/c/<slug>" if request.META.get("SCRIPT_NAME") else ""
    return f"{prefix}/{match.route}" if match else "-"


class RequestLogFilter(logging.Filter):
    """Gives every line the id of its request, and lines about a request its route instead of its address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id() or "-"
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            record.args = tuple(route_of(request) if arg == request.path else arg for arg in record.args)
        return True


class RequestIdMiddleware:
    """Outermost, so that errors carry the id too. A caller's own id is not taken over: it could forge the log.

    An address with a NUL is refused here: no text in PostgreSQL can hold one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _current.set(new_id("req"))
        try:
            nul = _has_nul(request)
            response = response_for_exception(request, BadRequest()) if nul else self.get_response(request)
            response["X-Request-Id"] = _current.get()
            logger.info("%s %s %d", request.method, route_of(request), response.status_code)
            return response
        finally:
            _current.reset(token)


def _has_nul(request: HttpRequest) -> bool:
    return "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
