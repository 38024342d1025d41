"""The settings of a customer: how it is registered, what was agreed, and the end of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.correct_particulars import correct_particulars
from accounts.actions.end_contract import end_contract
from accounts.actions.withdraw_ending import withdraw_ending
from accounts.forms.contract import ClosingForm, ParticularsForm
from accounts.models import Customer
from accounts.queries.contract import (
    acceptances_of,
    customer_of,
    erasure_of,
    last_ending,
    open_ending,
    ways_to_end,
)
from accounts.queries.documents import documents_in_force, to_accept
from accounts.views._steps import Step, act, actor_of, confirm_first, show
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """How the customer is registered, and where it sits."""
    actor, now = actor_of(request), clock.now()
    customer = customer_of(actor)
    known = {name: getattr(customer, name) for name in ("street", "postcode", "city", "vat_number")}
    form = ParticularsForm(request.POST or None, initial=known, legal_entity=customer.is_legal_entity)
    if form.is_valid():
        try:
            correct_particulars(actor=actor, now=now, **({"vat_number": ""} | form.cleaned_data))
        except Refusal as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Saved. It holds for invoices from now on."))
            return redirect(request.path)
    context = {"form": form, "customer": customer}
    return render(request, "accounts/settings.html", context, status=422 if form.is_bound else 200)


@require_safe
def contract(request: HttpRequest) -> HttpResponse:
    """Which documents were accepted by whom, the plan, and until when one can do what."""
    actor, now = actor_of(request), clock.now()
    customer = customer_of(actor)
    ways = ways_to_end(customer.id, now=now)
    context = {
        "customer": customer,
        "acceptances": acceptances_of(actor),
        "in_force": documents_in_force(clock.legal_date(now), country=customer.country, language=get_language() or ""),
        "to_accept": to_accept(customer, on=clock.legal_date(now)),
        "terms": ways.terms,
        "ending": open_ending(customer.id),
        "ways": ways,
    }
    return render(request, "accounts/contract.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def closing(request: HttpRequest) -> HttpResponse:
    """What happens and when if the contract ends; ending it; afterwards the export, until everything is erased."""
    now = clock.now()
    actor_of(request).require("customer.end")
    if request.method == "POST":
        return act(request, _CLOSING_ACTIONS, now)
    return _closing_page(request, now)


def _closing_page(request: HttpRequest, now: datetime, form: Form | None = None) -> HttpResponse:
    customer: Customer = request.membership.customer  # type: ignore[attr-defined]  # set by the membership middleware
    ways = ways_to_end(customer.id, now=now)
    context: dict[str, Any] = {
        "customer": customer,
        "ended": last_ending(customer.id) if customer.status == Customer.Status.ENDED else None,
        "ending": open_ending(customer.id),
        "erasure": erasure_of(customer.id),
        "terms": ways.terms,
        "ways": ways,
        "form": form or ClosingForm(customer_name=customer.name, differ=ways.differ),
    }
    return render(request, "accounts/closing.html", context, status=422 if form else 200)


def _end(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    if answer := confirm_first(request, now, saying=_("Please confirm that it is you before you end the contract.")):
        return answer
    customer: Customer = request.membership.customer  # type: ignore[attr-defined]  # set by the membership middleware
    ways = ways_to_end(customer.id, now=now)
    form = ClosingForm(request.POST, customer_name=customer.name, differ=ways.differ)
    if not form.is_valid():
        return _closing_page(request, now, form)
    asked = form.cleaned_data
    try:
        ending = end_contract(actor=actor, name=asked["name"], at_once=asked.get("when") == "at_once", now=now)
    except Refusal as refusal:
        show(refusal, form)
        return _closing_page(request, now, form)
    if ending.ends_at > now:
        messages.success(request, _("It is noted: the contract ends. Until then everything works."))
    else:
        messages.success(request, _("The contract has ended."))
    return None


def _withdraw(request: HttpRequest, actor: Actor, now: datetime) -> None:
    withdraw_ending(actor=actor, customer_id=actor.customer, now=now)
    messages.success(request, _("The contract goes on as before."))


_CLOSING_ACTIONS: dict[str, Step] = {"end": _end, "withdraw": _withdraw}
