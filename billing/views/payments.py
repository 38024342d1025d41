"""The payments page: what was received, the credit, and how what is open is paid."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views._steps import act, actor_of
from billing.actions.apply_credit import apply_credit
from billing.queries.payments import payments_seen_by
from kernel import clock
from kernel.actor import Actor


@require_http_methods(["GET", "HEAD", "POST"])
def payments_page(request: HttpRequest) -> HttpResponse:
    """To read; the one button uses the credit for what is open."""
    if request.method == "POST":
        return act(request, {"use_credit": _use_credit}, clock.now())
    page = payments_seen_by(actor_of(request), on=clock.legal_date(clock.now()))
    context = {"page": page, "billing_email": settings.OPERATOR_BILLING_EMAIL}
    return render(request, "billing/payments.html", context)


def _use_credit(request: HttpRequest, actor: Actor, now: datetime) -> None:
    apply_credit(actor=actor, customer_id=actor.customer, now=now)
    messages.success(request, _("The credit was used for what was open."))
