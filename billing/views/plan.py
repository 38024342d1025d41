"""The plan: what holds, what comes, until when what can be decided; changing and cancelling it."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views._steps import Step, act, actor_of, posted
from billing.actions._subscriptions import DatesMoved
from billing.actions.cancel_subscription import cancel_subscription
from billing.actions.change_plan import change_plan
from billing.actions.resume_subscription import resume_subscription
from billing.actions.start_subscription import start_subscription
from billing.actions.withdraw_change import withdraw_change
from billing.forms.plan import ChoiceForm, shown_moment
from billing.queries.simulation import preview, preview_first, simulation
from billing.queries.subscription import is_on_its_way, subscription_seen_by
from kernel import clock
from kernel.actor import Actor


@require_http_methods(["GET", "HEAD", "POST"])
def plan_page(request: HttpRequest) -> HttpResponse:
    """The plan in force with its dates, what is pending, and how it came to be so."""
    actor, now = actor_of(request), clock.now()
    if request.method == "POST":
        return act(request, _PLAN_ACTIONS, now)
    held = subscription_seen_by(actor, now=now)
    context = {"held": held, "starting": held is None and is_on_its_way(actor.customer)}
    return render(request, "billing/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change_page(request: HttpRequest) -> HttpResponse:
    """What each plan would have cost; what a change does and when; then confirming it."""
    actor, now = actor_of(request), clock.now()
    actor.require("billing.manage")
    if request.method == "POST":
        return act(request, {"confirm": _confirm}, now)
    held, simulated = subscription_seen_by(actor, now=now), simulation(actor, now=now)
    initial = {"plan": held.plan_code, "interval": held.interval} if held else {"interval": "month"}
    asked = request.GET if "plan" in request.GET else None
    form = ChoiceForm(asked, simulated.plans, initial=initial)
    shown = None
    if form.is_valid():
        chosen = {"plan_code": form.cleaned_data["plan"], "interval": form.cleaned_data["interval"]}
        shown = (preview if held else preview_first)(actor, now=now, **chosen)
    context = {"held": held, "simulation": simulated, "form": form, "preview": shown}
    return render(request, "billing/change.html", context)


def _confirm(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    plan_code, interval = posted(request, "plan"), posted(request, "interval")
    form = ChoiceForm({"plan": plan_code, "interval": interval}, simulation(actor, now=now).plans)
    if not form.is_valid():
        messages.error(request, _("Choose a plan and how to pay."))
        return redirect(request.path)
    held = subscription_seen_by(actor, now=now)
    if held is None:
        start_subscription(actor=actor, customer_id=actor.customer, plan_code=plan_code, interval=interval, now=now)
        messages.success(request, _("The plan is chosen. Live seals can be made."))
    else:
        change_plan(
            actor=actor,
            subscription_id=held.id,
            plan_code=plan_code,
            interval=interval,
            shown_effective_at=_shown(request),
            now=now,
        )
        messages.success(request, _("The change is noted. You see below from when it holds."))
    return redirect("billing_plan")


def _withdraw(request: HttpRequest, actor: Actor, now: datetime) -> None:
    withdraw_change(actor=actor, subscription_id=posted(request, "subscription"), now=now)
    messages.success(request, _("The change is withdrawn. The plan goes on as it is."))


def _cancel(request: HttpRequest, actor: Actor, now: datetime) -> None:
    cancel_subscription(
        actor=actor,
        subscription_id=posted(request, "subscription"),
        early=posted(request, "early") == "yes",
        shown_ends_at=_shown(request),
        now=now,
    )
    messages.success(request, _("The plan is cancelled. Until its end everything works as before."))


def _resume(request: HttpRequest, actor: Actor, now: datetime) -> None:
    resume_subscription(actor=actor, subscription_id=posted(request, "subscription"), now=now)
    messages.success(request, _("The cancellation is withdrawn. The plan renews as before."))


def _shown(request: HttpRequest) -> datetime:
    """The moment that was shown beside the button; without one nothing was agreed."""
    moment = shown_moment(posted(request, "shown"))
    if moment is None:
        raise DatesMoved
    return moment


_PLAN_ACTIONS: dict[str, Step] = {"withdraw": _withdraw, "cancel": _cancel, "resume": _resume}
