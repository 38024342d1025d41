"""Refusals that a page did not turn into form errors itself, and outages, become error pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found, permission_denied

from kernel.errors import Forbidden, NotFound, Outage, Refusal


class RefusalMiddleware:
    """For people; the API has its own answer (`kernel.api.problem_response`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotFound):
            return page_not_found(request, error)
        if isinstance(error, Forbidden):
            return permission_denied(request, error)
        if isinstance(error, Refusal):
            return render(request, "refused.html", {"refusal": error}, status=error.status)
        if isinstance(error, Outage):
            heading = _("An outside service is down.")
            return render(request, "refused.html", {"refusal": error, "heading": heading}, status=503)
        return None
