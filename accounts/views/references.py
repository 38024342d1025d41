"""Whether a customer may be named as a reference."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions.consent_to_reference import consent_to_reference
from accounts.actions.withdraw_reference import withdraw_reference
from accounts.forms.settings import ReferenceForm
from accounts.queries.references import consent_words, reference_consents_of
from accounts.views._steps import Step, act, actor_of
from kernel import clock
from kernel.actor import Actor


@require_http_methods(["GET", "HEAD", "POST"])
def reference(request: HttpRequest) -> HttpResponse:
    """What was agreed to, and the words of it; buttons post `consent` or `withdraw` as `action`."""
    if request.method == "POST":
        return act(request, _ACTIONS, clock.now())
    return _page(request, ReferenceForm())


def _page(request: HttpRequest, form: ReferenceForm, *, status: int = 200) -> HttpResponse:
    consents = reference_consents_of(actor_of(request))
    held = next((each for each in consents if each.withdrawn_at is None), None)
    past = [each for each in consents if each.withdrawn_at]
    context = {"form": form, "words": consent_words(), "held": held, "past": past}
    return render(request, "accounts/settings_reference.html", context, status=status)


def _consent(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse | None:
    form = ReferenceForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    consent_to_reference(actor=actor, name=given["name"], logo=given["logo"], words=consent_words(), now=now)
    messages.success(request, _("Thank you. You can withdraw it here at any time."))
    return None


def _withdraw(request: HttpRequest, actor: Actor, now: datetime) -> None:
    withdraw_reference(actor=actor, now=now)
    messages.success(request, _("You are no longer a reference. It holds from this moment."))


_ACTIONS: dict[str, Step] = {"consent": _consent, "withdraw": _withdraw}
