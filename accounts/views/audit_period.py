"""How long the customer's audit trail is kept."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.choose_audit_period import choose_audit_period
from accounts.forms.audit import PERIOD_WORDS, AuditPeriodForm
from accounts.rules.audit_periods import choices
from accounts.views._steps import act, actor_of
from kernel import clock
from kernel.actor import Actor
from kernel.audit_payloads import chosen_retention
from kernel.audit_periods import Retention


@require_http_methods(["GET", "HEAD", "POST"])
def audit_period(request: HttpRequest) -> HttpResponse:
    """What holds, and what a customer of hosted services may choose instead."""
    actor = actor_of(request)
    actor.require("customer.manage")
    if request.method == "POST":
        return act(request, {"save": _save}, clock.now())
    current = chosen_retention(actor.customer)
    offered = choices(current, by_staff=False)
    form = AuditPeriodForm(initial={"period": current.value}, offered=offered) if offered else None
    return _page(request, form, current)


def _page(request: HttpRequest, form: AuditPeriodForm | None, current: Retention, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "kept_for": PERIOD_WORDS[current]}
    return render(request, "accounts/audit_period.html", context, status=status)


def _save(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    current = chosen_retention(actor.customer)
    form = AuditPeriodForm(request.POST, offered=choices(current, by_staff=False))
    if not form.is_valid():
        return _page(request, form, current, status=422)
    period = Retention(form.cleaned_data["period"])
    choose_audit_period(actor=actor, customer_id=actor.customer, period=period, now=now)
    messages.success(request, _("Saved. It holds for new entries, within five minutes."))
    return None
