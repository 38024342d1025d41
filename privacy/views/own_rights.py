"""Requests of people who are signed in, of those who are suspended everywhere, too (D1)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.queries import actor_of_person
from accounts.views._steps import confirm_first, person_of, show
from kernel import clock
from kernel.errors import NotFound, Refusal
from kernel.tenancy.urls import public_url
from privacy.actions.open_rights_request import open_rights_request
from privacy.forms.rights import OwnRequestForm
from privacy.queries.restrictions import restrictions_of_person
from privacy.queries.rights import own_request, own_requests, view_of
from privacy.rules.rights import RequestKind
from privacy.views.rights import sealed_answer, shown, withdrawn


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_privacy(request: HttpRequest) -> HttpResponse:
    """Own requests, a new one, and what needs none; buttons post `ask` or `object` as `action`."""
    if request.method != "POST":
        return _page(request, OwnRequestForm(initial={"kind": request.GET.get("kind", "")}))
    step = {"ask": _ask, "object": _object}.get(request.POST.get("action", ""))
    if step is None:
        raise NotFound
    return step(request, clock.now())


def _ask(request: HttpRequest, now: datetime) -> HttpResponse:
    form = OwnRequestForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if answer := confirm_first(request, now):
        return answer
    given = form.cleaned_data
    try:
        row = open_rights_request(
            actor=actor_of_person(person_of(request)),
            kind=RequestKind(given["kind"]),
            message=given["message"],
            about_documents=given["about_documents"],
            language=get_language() or "",
            now=now,
        )
    except Refusal as refusal:
        show(refusal, form)
        return _page(request, form, status=refusal.status)
    if row.received_at < now:
        messages.info(request, _("You have asked for this already, so what you wrote was added to it."))
    else:
        messages.success(request, _("Your request has come. This page says how it goes on, and so do our mails."))
    return redirect("account_rights_request", request_id=row.id)


def _object(request: HttpRequest, now: datetime) -> HttpResponse:
    """No sign-in anew is asked for: it harms nobody, and has to be easy."""
    open_rights_request(
        actor=actor_of_person(person_of(request)),
        kind=RequestKind.OBJECTION_MARKETING,
        message="",
        about_documents=False,
        language=get_language() or "",
        now=now,
    )
    messages.success(request, _("Your data are not used for advertising, from this moment on."))
    return redirect("account_privacy")


def _page(request: HttpRequest, form: OwnRequestForm, *, status: int = 200) -> HttpResponse:
    today = clock.legal_date(clock.now())
    rows = list(own_requests(person_of(request).pk))
    objected = next((row for row in rows if row.kind == RequestKind.OBJECTION_MARKETING), None)
    context = {
        "form": form,
        "requests": [view_of(row, today) for row in rows],
        "objected": objected,
        "restriction": restrictions_of_person(person_of(request).pk).last(),
    }
    return render(request, "privacy/account_privacy.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_rights_request(request: HttpRequest, request_id: str) -> HttpResponse:
    """Where a request of one's own stands."""
    person, now = person_of(request), clock.now()
    row = own_request(person.pk, request_id)
    if request.method == "POST":
        return withdrawn(request, row, actor_of_person(person), now)
    context = shown(row, now) | {"answer_url": public_url("account_rights_answer", request_id=row.id)}
    return render(request, "privacy/account_rights_request.html", context)


@login_required
@never_cache
@require_safe
def account_rights_answer(request: HttpRequest, request_id: str) -> HttpResponse:
    """The sealed answer."""
    return sealed_answer(own_request(person_of(request).pk, request_id))
