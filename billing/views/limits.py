"""Alerts and the spending cap."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views._steps import Step, act, actor_of, posted, show
from billing.actions.add_cost_alert import add_cost_alert
from billing.actions.remove_cost_alert import remove_cost_alert
from billing.actions.set_spending_cap import set_spending_cap
from billing.forms.limits import CostAlertForm, SpendingCapForm
from billing.queries.limits import limits_seen_by
from billing.rules.thresholds import SHARES
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def billing_alerts(request: HttpRequest) -> HttpResponse:
    """What the customer is told of and stopped at; every button posts its name as `action`."""
    now = clock.now()
    if request.method == "POST":
        return act(request, _STEPS, now)
    return _page(request, now)


def _page(
    request: HttpRequest,
    now: datetime,
    *,
    alert_form: CostAlertForm | None = None,
    cap_form: SpendingCapForm | None = None,
) -> HttpResponse:
    limits = limits_seen_by(actor_of(request), now=now)
    known = {"amount": limits.cap.amount, "grace": limits.cap.grace} if limits.cap else None
    context = {
        "limits": limits,
        "shares": [(share, limits.was_reached("share", share)) for share in SHARES],
        "alerts": [(alert, limits.was_reached("cost", alert.amount)) for alert in limits.alerts],
        "alert_form": alert_form or CostAlertForm(auto_id="alert_%s"),
        "cap_form": cap_form or SpendingCapForm(initial=known, auto_id="cap_%s"),
    }
    return render(request, "billing/alerts.html", context, status=422 if alert_form or cap_form else 200)


def _add(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = CostAlertForm(request.POST, auto_id="alert_%s")
    if form.is_valid():
        try:
            add_cost_alert(actor=actor, amount=form.cleaned_data["amount"], now=now)
        except Refusal as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("You are told once in each month that comes to cost as much."))
            return None
    actor.require("billing.manage")
    return _page(request, now, alert_form=form)


def _remove(request: HttpRequest, actor: Actor, now: datetime) -> None:
    remove_cost_alert(actor=actor, alert_id=posted(request, "alert"), now=now)
    messages.success(request, _("You are no longer told at this amount."))


def _cap(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = SpendingCapForm(request.POST, auto_id="cap_%s")
    if form.is_valid():
        try:
            set_spending_cap(actor=actor, **form.cleaned_data, now=now)
        except Refusal as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The cap holds from this moment."))
            return None
    actor.require("billing.manage")
    return _page(request, now, cap_form=form)


def _uncap(request: HttpRequest, actor: Actor, now: datetime) -> None:
    set_spending_cap(actor=actor, amount=None, grace=0, now=now)
    messages.success(request, _("There is no cap any more."))


_STEPS: dict[str, Step] = {"add": _add, "remove": _remove, "cap": _cap, "uncap": _uncap}
