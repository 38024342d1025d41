"""The registers on the public site and in a customer's portal."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.views._cookies import remembered_country
from accounts.views._steps import actor_of
from kernel import clock
from kernel.tenancy.urls import public_url
from privacy.forms.contact import CountryForm
from privacy.models import PublishedFigure
from privacy.queries.registers import disclosures_of, published_figures, sub_processors
from privacy.rules.authorities import AUTHORITIES, authority_of
from privacy.rules.sub_processors import ANNOUNCED_DAYS

_SECURITY_DAYS = 180  # RFC 9116 advises less than a year


def _officer() -> dict[str, str]:
    return {
        "officer_name": settings.DPO_NAME,
        "officer_email": settings.DPO_EMAIL,
        "officer_address": settings.DPO_ADDRESS,
    }


@require_safe
def sub_processors_page(request: HttpRequest) -> HttpResponse:
    """Who works on customers' data for us, who will and who did."""
    found = sub_processors(clock.legal_date(clock.now()))
    context = {"found": found, "days": ANNOUNCED_DAYS, **_officer()}
    return render(request, "privacy/sub_processors.html", context)


@require_safe
def complaint(request: HttpRequest) -> HttpResponse:
    """Which authority to complain to, by country; the visitor's own unless they choose another."""
    form = CountryForm(request.GET or None)
    chosen = form.cleaned_data["country"] if form.is_valid() else ""
    own = getattr(request.user, "country", "") or remembered_country(request)
    authority = authority_of(chosen, own, language=get_language() or "") or authority_of(settings.OPERATOR_COUNTRY)
    if authority and not form.is_bound:
        form = CountryForm(initial={"country": authority.country})
    context = {"form": form, "authority": authority, "ours": AUTHORITIES.get(settings.OPERATOR_COUNTRY), **_officer()}
    return render(request, "privacy/complaint.html", context)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """What may be told about all customers together, and how it is kept safe."""
    found = published_figures()
    kinds = PublishedFigure.Kind
    return render(request, "privacy/figures.html", {"seals": found[kinds.SEALS], "requests": found[kinds.REQUESTS]})


@require_safe
def figures_json(request: HttpRequest) -> JsonResponse:
    """The same for programs. A figure that must not be told is null."""
    found = published_figures()
    body = {
        "seals": [
            {"month": f"{row.begins_on:%Y-%m}", "at_least": row.value} for row in found[PublishedFigure.Kind.SEALS]
        ],
        "authority_requests": [
            {"year": row.begins_on.year, "at_least": row.value, "at_most": row.highest}
            for row in found[PublishedFigure.Kind.REQUESTS]
        ],
    }
    return JsonResponse(body)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116)."""
    today = clock.legal_date(clock.now())
    expires = clock.legal_midnight(today + timedelta(days=_SECURITY_DAYS))
    lines = [
        f"Contact: {settings.BASE_URL}{public_url('contact')}",
        *([f"Contact: mailto:{settings.OPERATOR_CONTACT}"] if "@" in settings.OPERATOR_CONTACT else []),
        f"Expires: {expires.isoformat()}",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
        f"Canonical: {settings.BASE_URL}{request.path}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def disclosures(request: HttpRequest) -> HttpResponse:
    """What authorities asked for about this customer, and were given."""
    found = disclosures_of(actor_of(request))
    return render(request, "privacy/disclosures.html", {"disclosures": found})
