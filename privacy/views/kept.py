"""Why something is still here: for a customer about what is theirs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.views._steps import actor_of
from kernel import clock
from kernel.errors import NotFound
from privacy.actions._courses import COURSES
from privacy.forms.retention import ObjectForm
from privacy.queries.explain import explain, own_dates


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """A form for an id, the answer, and every class of data with the customer's own dates."""
    actor, now = actor_of(request), clock.now()
    actor.require("audit.read")
    form = ObjectForm(request.GET if "object" in request.GET else None)
    found = None
    if form.is_valid():
        try:
            found = explain(form.cleaned_data["object"], actor, courses=COURSES, now=now)
        except NotFound:
            form.add_error("object", _("You have nothing by that name: there is none, or it was never yours."))
    context = {"form": form, "found": found, "dates": own_dates(actor.customer, courses=COURSES, now=now)}
    return render(request, "privacy/kept.html", context, status=404 if form.errors else 200)
