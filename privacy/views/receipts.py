"""The receipt of an erasure, for who has its link: nobody can sign in for it any more."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.clock import legal_date
from kernel.errors import NotFound
from privacy.queries.receipts import receipt_by_link
from privacy.rules.receipts import LINK_DAYS


@require_safe
def erasure_receipt(request: HttpRequest, link: str) -> HttpResponse:
    """The sealed PDF; a page while it is being made. A link that we did not make, and an old one, is not found."""
    try:
        found = receipt_by_link(link, now=clock.now())
    except NotFound:
        return render(request, "privacy/link_over.html", {"what": "receipt", "link_days": LINK_DAYS}, status=404)
    if found.made_at is None:
        response = render(request, "privacy/receipt_waits.html", status=202)
        response["Refresh"] = "30"
        return response
    response = HttpResponse(found.content, content_type="application/pdf")
    name = f"erasure-receipt-{legal_date(found.made_at):%Y-%m-%d}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Referrer-Policy"] = "no-referrer"
    return response
