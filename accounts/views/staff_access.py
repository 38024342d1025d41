"""Whether and how the operator's staff may look at a customer's documents, and who looked."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.answer_case import answer_case
from accounts.actions.offer_access import offer_access
from accounts.actions.revoke_access import revoke_access
from accounts.forms.settings import OfferAccessForm
from accounts.queries.cases import open_cases_of
from accounts.queries.grants import grants_of
from accounts.views._steps import Step, act, actor_of, confirm_first, posted, show
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def staff_access(request: HttpRequest) -> HttpResponse:
    """Grants and cases; every button posts its name as `action`."""
    now = clock.now()
    if request.method == "POST":
        return act(request, _ACTIONS, now)
    form = OfferAccessForm(initial={"documents": request.GET.get("document", "")})
    return _page(request, form, now)


def _page(request: HttpRequest, form: OfferAccessForm, now: datetime, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    found = grants_of(actor, now=now)
    context = {
        "form": form,
        "living": [grant for grant in found if grant.living],
        "past": [grant for grant in found if not grant.living],
        "cases": open_cases_of(actor),
    }
    return render(request, "accounts/settings_access.html", context, status=status)


def _offer(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = OfferAccessForm(request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            offer_access(
                actor=actor,
                purpose=asked["purpose"],
                seal_ids=form.seal_ids(asked),
                with_content=asked["content"] == "content",
                with_trail=asked["trail"],
                hours=asked["hours"],
                now=now,
            )
        except Refusal as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Support may look once two of its people agree. You are told when they do."))
            return None
    return _page(request, form, now, status=422)


def _revoke(request: HttpRequest, actor: Actor, now: datetime) -> None:
    revoke_access(actor=actor, grant_id=posted(request, "grant"), now=now)
    messages.success(request, _("The access is over. Support can open nothing more with it."))


def _agree(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    if answer := confirm_first(request, now):
        return answer
    answer_case(actor=actor, case_id=posted(request, "case"), agrees=True, objection="", now=now)
    messages.success(request, _("You agreed. The change takes effect within a few minutes."))
    return None


def _object(request: HttpRequest, actor: Actor, now: datetime) -> None:
    objection = posted(request, "objection")
    answer_case(actor=actor, case_id=posted(request, "case"), agrees=False, objection=objection, now=now)
    messages.success(request, _("Your objection is on record. Nothing changes before our staff have decided about it."))


_ACTIONS: dict[str, Step] = {"offer": _offer, "revoke": _revoke, "agree": _agree, "object": _object}
