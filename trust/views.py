"""The door for people: the certificates their documents are sealed with."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from kernel import clock
from trust.queries import certificates_of, receipt_keys

_KEYS_MAY_BE_KEPT = "public, max-age=300"


@require_GET
def certificates_page(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]  # set by the membership middleware
    return render(request, "trust/certificates.html", {"certificates": certificates_of(actor), "now": clock.now()})


@require_safe
def receipt_keys_set(request: HttpRequest) -> HttpResponse:
    """For everybody: the keys by which receipts are verified, as a JWK Set (RFC 7517, 5)."""
    response = JsonResponse({"keys": receipt_keys()}, content_type="application/jwk-set+json")
    response["Cache-Control"] = _KEYS_MAY_BE_KEPT
    return response
