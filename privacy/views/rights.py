"""Requests of people without a sign-in: the form, the one-time link, and the page of a request (D1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.api.throttling import client_address, take_one
from accounts.views._cookies import remembered_country
from kernel import clock
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.tenancy.urls import public_url
from privacy.actions._rights import Asked, status_secret
from privacy.actions.receive_rights_request import receive_rights_request
from privacy.actions.show_identity import show_identity
from privacy.actions.withdraw_rights_request import withdraw_rights_request
from privacy.forms.rights import RightsRequestForm
from privacy.models import RightsRequest
from privacy.queries.exports import offered_for_request
from privacy.queries.restrictions import restriction_of
from privacy.queries.rights import account_outcome, answer_of, request_by_secret, request_to_confirm, view_of
from privacy.rules.rights import LINK_HOLDS, REQUESTS_PER_MINUTE, RequestKind, followed_by_secret

_STRANGER = Actor.system("privacy.rights_form")
LINK_HOURS = int(LINK_HOLDS.total_seconds() // 3600)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rights_request(request: HttpRequest) -> HttpResponse:
    """The form. Its answer is the same for every address: the form itself knows nobody."""
    now = clock.now()
    form = RightsRequestForm(request.POST or None, initial=_known(request))
    if request.method == "POST":
        left = take_one(f"rights:{client_address(request)}", limit=REQUESTS_PER_MINUTE, now=now)
        if left is not None and left.exceeded:
            form.add_error(None, _("Too many requests in one minute. Please try again in a minute."))
            response = _form_page(request, form, status=429)
            response["Retry-After"] = str(left.reset_seconds)
            return response
    if not form.is_valid():
        return _form_page(request, form, status=422 if form.is_bound else 200)
    if not form.is_trapped:
        receive_rights_request(actor=_STRANGER, asked=_asked(form), now=now)
    return redirect("rights_sent")


def _known(request: HttpRequest) -> dict[str, str]:
    wanted = request.GET.get("kind", "")
    return {"kind": wanted if wanted in set(RequestKind) else "", "country": remembered_country(request)}


def _form_page(request: HttpRequest, form: RightsRequestForm, *, status: int) -> HttpResponse:
    return render(request, "privacy/rights_request.html", {"form": form, "link_hours": LINK_HOURS}, status=status)


def _asked(form: RightsRequestForm) -> Asked:
    given = form.cleaned_data
    return Asked(
        kind=RequestKind(given["kind"]),
        email=given["email"],
        language=get_language() or "",
        name=given["name"],
        country=given["country"],
        message=given["message"],
        about_documents=given["about_documents"],
    )


@require_safe
def rights_sent(request: HttpRequest) -> HttpResponse:
    """That it has come, and what happens next; the same page for everybody."""
    return render(request, "privacy/rights_sent.html", {"link_hours": LINK_HOURS})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rights_identity(request: HttpRequest, secret: str) -> HttpResponse:
    """The one-time link. A program that reads mail opens links; a button it does not press."""
    if request.method != "POST":
        return render(request, "privacy/rights_identity.html", {"row": request_to_confirm(secret)})
    try:
        row = show_identity(actor=_STRANGER, secret=secret, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return render(request, "privacy/rights_identity.html", {"refusal": refusal}, status=refusal.status)
    return redirect("rights_status", secret=status_secret(row.id))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rights_status(request: HttpRequest, secret: str) -> HttpResponse:
    """Where a request stands, its letters, and the button that withdraws it; the secret came by mail."""
    row, now = request_by_secret(secret), clock.now()
    if not followed_by_secret(RequestKind(row.kind), row.identity_by):
        return redirect("account_rights_request", request_id=row.id)
    if request.method == "POST":
        return withdrawn(request, row, _STRANGER, now)
    context = shown(row, now) | {"answer_url": public_url("rights_answer", secret=secret)}
    return render(request, "privacy/rights_status.html", context)


@never_cache
@require_safe
def rights_answer(request: HttpRequest, secret: str) -> HttpResponse:
    """The sealed answer."""
    row = request_by_secret(secret)
    if not followed_by_secret(RequestKind(row.kind), row.identity_by):
        return redirect("account_rights_answer", request_id=row.id)
    return sealed_answer(row)


def shown(row: RightsRequest, now: datetime) -> dict[str, Any]:
    """What a page about a request says, for its maker; nothing of what was passed on to customers (D9)."""
    today = clock.legal_date(now)
    return {
        "view": view_of(row, today),
        "row": row,
        "answer": answer_of(row) if row.state in {"answered", "refused"} else None,
        "copy": offered_for_request(row.id, today=today),
        "account": account_outcome(row),
        "restriction": restriction_of(row.id),
        "operator": settings.OPERATOR_NAME,
    }


def withdrawn(request: HttpRequest, row: RightsRequest, actor: Actor, now: datetime) -> HttpResponse:
    """Withdraw it, and back to its page."""
    if request.POST.get("action") != "withdraw":
        raise NotFound
    withdraw_rights_request(actor=actor, request_id=row.id, now=now)
    return redirect(request.path)


def sealed_answer(row: RightsRequest) -> HttpResponse:
    """The PDF; raises `NotFound` before it is made."""
    if row.answer_pdf is None:
        raise NotFound
    response = HttpResponse(bytes(row.answer_pdf), content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{row.number}.pdf")
    return response
