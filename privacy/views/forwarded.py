"""Requests that were passed on to a customer, the controller of what it keeps here (D9)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views._steps import actor_of, posted
from kernel import clock
from kernel.errors import Forbidden, NotFound, Refusal
from privacy.actions.close_forwarded_request import close_forwarded_request
from privacy.forms.rights import ForwardedForm
from privacy.queries.rights import forwarded_to
from privacy.rules.rights import days_until


@require_http_methods(["GET", "HEAD", "POST"])
def forwarded_requests(request: HttpRequest) -> HttpResponse:
    """What waits, with its clock, and what is closed; buttons post `answered` or `dismissed`, with `request`."""
    actor, now = actor_of(request), clock.now()
    if request.method == "POST":
        form = ForwardedForm(request.POST)
        answered = {"answered": True, "dismissed": False}.get(request.POST.get("action", ""))
        if answered is None or not form.is_valid():
            raise NotFound
        try:
            close_forwarded_request(
                actor=actor,
                forwarded_id=posted(request, "request"),
                answered=answered,
                note=form.cleaned_data["note"],
                now=now,
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as refusal:
            messages.error(request, str(refusal.detail))
        else:
            messages.success(request, _("It is closed, and your note is kept with it."))
        return redirect(request.path)
    today = clock.legal_date(now)
    rows = list(forwarded_to(actor))
    context = {
        "waiting": [(row, days_until(row.due_on, today=today)) for row in rows if row.closed_at is None],
        "closed": [row for row in rows if row.closed_at],
        "form": ForwardedForm(auto_id=False),
    }
    return render(request, "privacy/forwarded_requests.html", context)
