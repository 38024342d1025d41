"""How large a request may be, what a page may load, and in which zone staff read times.

A page loads nothing inline, and nothing from elsewhere but what its reader has agreed to; the staff admin's library
needs more.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kernel.api import refusal_problem
from kernel.clock import legal_zone
from sealing.actions.accept_document import DocumentTooLarge

_FIELDS_BYTES = 1 << 20  # room for a form's other fields
_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
_STAFF = _STRICT.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)


class BodyLimitMiddleware:
    """Refuses what is larger than any document before a byte of it is on the disk.

    The protection of forms reads a whole body before anything asks whose it is: a stranger could fill the disk. A
    body without a length is read by nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_DOCUMENT_BYTES + _FIELDS_BYTES:
            return refusal_problem(DocumentTooLarge())
        return self.get_response(request)


class ContentSecurityPolicyMiddleware:
    """Also keeps signed-in pages out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request))
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response


def _policy(request: HttpRequest) -> str:
    """What this page may load: the hosts of a third party only where the tag has emitted it (clause D11)."""
    if request.path_info.startswith("/staff/"):
        return _STAFF
    policy = _STRICT
    for extra in getattr(request, "third_parties", ()):
        for directive, hosts in (extra.hosts or {}).items():
            policy = policy.replace(f"{directive} ", f"{directive} {' '.join(hosts)} ")
    return policy


class StaffTimeMiddleware:
    """Staff read times in the operator's zone, as the customers they talk to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/staff/"):
            return self.get_response(request)
        with timezone.override(legal_zone()):
            return self.get_response(request)
