"""What is overdue, what it costs, and what happens if it stays unpaid."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.queries.dunning import standing_seen_by
from kernel import clock


@require_safe
def late_payment_page(request: HttpRequest) -> HttpResponse:
    """The overdue invoices with their steps, and the late payments of the contract year."""
    actor = request.actor  # type: ignore[attr-defined]  # set by the membership middleware
    return render(request, "billing/late_payment.html", {"standing": standing_seen_by(actor, now=clock.now())})
