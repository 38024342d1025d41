"""The door for people: the certificates their documents are sealed with."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kernel import clock
from trust.queries import certificates_of


@require_GET
def certificates_page(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]  # set by the membership middleware
    return render(request, "trust/certificates.html", {"certificates": certificates_of(actor), "now": clock.now()})
