"""The public pages, a customer's overview, the API's documentation, and whether we are well."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request as bad_request_page
from django.views.defaults import page_not_found

from accounts.queries.contract import open_ending
from billing.forms.calculator import PROPOSED, CalculatorForm
from billing.queries import price_list, usage
from billing.queries.catalogue import add_on_offers, plan_offers
from billing.queries.charges import certificate_prices
from billing.queries.demands import overdue_total
from billing.queries.subscription import is_on_its_way
from billing.rules.advice import costs_of
from kernel import clock
from kernel.actor import Actor
from kernel.api import problem, refusal_problem
from kernel.api import server_error as api_server_error
from kernel.clock import legal_date
from kernel.errors import NotFound
from portal.api_reference import reference
from portal.status import KEPT_SECONDS, Part, Status, status
from portal.templatetags.shell import euros
from portal.templatetags.words import moment
from privacy.queries.restoration import replay_is_pending
from sealing.queries.seals import seals
from trust.queries.orders import CertificateView, certificate_views, open_order_of
from trust.queries.outages import outages_for


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("customers")
    context = {"plans": price_list(legal_date(clock.now())), "form": CalculatorForm(initial={"seals": PROPOSED})}
    return render(request, "portal/home.html", context)


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """The price list, and what so many seals a month cost with each plan."""
    today = legal_date(clock.now())
    form = CalculatorForm(request.GET if "seals" in request.GET else {"seals": PROPOSED})
    offers = plan_offers(today)
    context = {
        "plans": price_list(today),
        "form": form,
        "costs": costs_of(form.cleaned_data["seals"], offers) if form.is_valid() else [],
        "seals": form.cleaned_data.get("seals"),
        "extras": [offer for offer in offers if offer.terms.extra_user_price or offer.terms.storage_gb_price],
        "certificates": certificate_prices(today),
        "add_ons": add_on_offers(today),
    }
    return render(request, "portal/pricing.html", context)


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/api_docs.html", {"reference": reference()})


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """This month against the plan, the certificates, what needs attention, the last seals."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the membership middleware
    now = clock.now()
    found = certificate_views(actor, now=now) if actor.may("certificate.read") else []
    in_use = {view.row.live: view for view in reversed(found) if view.row.state == "active" and not view.expired}
    latest = seals(actor, limit=6).items if actor.may("seal.read") else []
    figures = usage(customer_id=actor.customer, now=now) if actor.may("usage.read") else None
    context = {
        "usage": figures,
        "plan_is_starting": figures is not None and not figures.plan_code and is_on_its_way(actor.customer),
        "certificate": in_use.get(True),
        "test_certificate": in_use.get(False),
        "attention": [*_end_of_contract(actor), *_overdue(actor), *_attention(actor, found, in_use.get(True))],
        "recent_seals": latest,
        "outages": outages_for(actor, now=now),
    }
    return render(request, "portal/overview.html", context)


def _end_of_contract(actor: Actor) -> list[dict[str, str]]:
    """That the contract ends, for who looks after it."""
    ending = open_ending(actor.customer) if actor.may("customer.manage") else None
    if ending is None:
        return []
    until = strip_tags(moment(ending.ends_at, "minute"))
    text = (
        _("We gave notice: what it names is to be put right before %(until)s.")
        if ending.only_announced
        else _("The contract ends on %(until)s. Until then everything works.")
    )
    return [{"text": text % {"until": until}, "button": _("See details"), "url": reverse("settings_contract")}]


def _overdue(actor: Actor) -> list[dict[str, str]]:
    """What is overdue, for who looks after the bills."""
    if not actor.may("billing.read"):
        return []
    count, amount = overdue_total(actor.customer, now=clock.now())
    if not count:
        return []
    words = ngettext(
        "%(count)d invoice is overdue: %(amount)s are not paid. Late interest runs.",
        "%(count)d invoices are overdue: %(amount)s are not paid. Late interest runs.",
        count,
    )
    text = words % {"count": count, "amount": euros(amount)}
    return [{"text": text, "button": _("See what is overdue"), "url": reverse("billing_late")}]


def _attention(actor: Actor, found: list[CertificateView], live: CertificateView | None) -> list[dict[str, str]]:
    """What somebody who may order certificates should know: there is none, one is on order, or the last one ends."""
    if not actor.may("certificate.manage"):
        return []
    items, order = [], open_order_of(actor)
    ending = next((view for view in found if view.attention), None)
    if ending is not None:
        query = f"?renews={ending.row.id}"
        renewal = {"button": _("See the order")} if order else {"button": _("Renew"), "url": _order_url() + query}
        items.append({"text": _end_in_words(ending), "url": reverse("certificates"), **renewal})
    elif live is None and order is None:
        text = _("There is no live certificate yet: only test seals can be made.")
        items.append({"text": text, "button": _("Order a certificate"), "url": _order_url()})
    elif live is None:
        text = _("Your certificate is on order: only test seals can be made until it is ready.")
        items.append({"text": text, "button": _("See the order"), "url": reverse("certificates")})
    return items


def _order_url() -> str:
    return reverse("order_certificate")


def _end_in_words(view: CertificateView) -> str:
    if view.expired or view.days_left is None:
        return _("The certificate has expired: nothing more is sealed with it.")
    words = ngettext(
        "The certificate ends in %(days)d day: sealing stops on %(until)s.",
        "The certificate ends in %(days)d days: sealing stops on %(until)s.",
        view.days_left,
    )
    return words % {"days": view.days_left, "until": strip_tags(moment(view.sealing_until, "zone"))}


@require_safe
def status_page(request: HttpRequest) -> HttpResponse:
    """How we and those outside are doing, for people."""
    found = status(now=clock.now())
    context = {
        "status": found,
        "ours": [part for part in found.parts if not part.outside],
        "timestamps": [part for part in found.parts if part.id.startswith("timestamps:") and ":test:" not in part.id],
        "test_timestamps": [part for part in found.parts if part.id.startswith("timestamps:test:")],
        "revocation": [part for part in found.parts if part.id.startswith("revocation:")],
    }
    answer = render(request, "portal/status.html", context)
    patch_cache_control(answer, private=True, max_age=KEPT_SECONDS)
    return answer


@require_safe
def status_json(request: HttpRequest) -> JsonResponse:
    """The same for programs. Without the database nothing works, and that is said with 503."""
    now = clock.now()
    try:
        found = status(now=now)
    except DatabaseError:
        found = Status(now, "down", (Part("portal", _("Portal and API"), outside=False, state="down"),))
    parts = [
        {
            "id": part.id,
            "name": str(part.name),
            "outside": part.outside,
            "state": part.state,
            "since": part.since,
            "detail": str(part.detail),
        }
        for part in found.parts
    ]
    body = {"checked_at": found.checked_at, "state": found.state, "parts": parts}
    down = found.parts[0].state == "down"
    answer = JsonResponse(body, status=503 if down else 200)
    patch_cache_control(answer, public=True, max_age=KEPT_SECONDS)
    return answer


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served: the database answers, and knows of every erasure (`privacy.middleware`).

    HSM and timestamps never take the portal down.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pending = replay_is_pending()
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503)
    except OSError:
        return JsonResponse({"database": "up", "erasures": "ledger unreadable"}, status=503)
    if pending:
        return JsonResponse({"database": "up", "erasures": "replay pending"}, status=503)
    return JsonResponse({"database": "up"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A 400 in the language of who asked."""
    if request.path_info.startswith("/api/"):
        return problem(status=400, code="parse_error", title=_("Malformed request."))
    return bad_request_page(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A 404 in the language of who asked."""
    if request.path_info.startswith("/api/"):
        return refusal_problem(NotFound())
    return page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A 500 in the language of who asked: problem+json for programs, a page for people."""
    if request.path_info.startswith("/api/"):
        return api_server_error(request)
    return render(request, "500.html", status=500)
