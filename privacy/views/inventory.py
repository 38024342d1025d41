"""What is kept, for everybody, for customers as controllers, and for staff: all rendered from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.cells import csv_line
from privacy.catalogue.measures import MEASURES
from privacy.catalogue.rights import RIGHTS
from privacy.queries.inventory import KeptThing, activities, rule_words
from privacy.queries.operator import operator_particulars
from privacy.rules.inventory import Role

# Pages that the policy leads to; an installation that leaves one out does not offer it.
_PAGES = {
    "request": "/privacy/request/",
    "complaint": "/privacy/complaint/",
    "sub_processors": "/privacy/sub-processors/",
    "cookies": "/cookies/",
    "contact": "/contact/",
    "figures": "/privacy/figures/",
}
# Which page a right is used on.
_OF_RIGHTS = {"withdrawal": "cookies", "complaint": "complaint"}


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """What we keep about whom, why and how long, and what everybody may demand (GDPR 13; D1, D9, D13, D14)."""
    pages = _pages()
    context = {
        "ours": activities(role=Role.CONTROLLER),
        "customers": activities(role=Role.PROCESSOR),
        "periods": rule_words(),
        "operator": operator_particulars(),
        "rights": [(right, pages.get(_OF_RIGHTS.get(right.key, "request"), "")) for right in RIGHTS],
        "pages": pages,
    }
    return render(request, "privacy/policy.html", context)


@require_safe
def annex(request: HttpRequest) -> HttpResponse:
    """The annex of the data processing agreement: what we process for customers, how it is kept safe (GDPR 28, 32)."""
    context = {
        "customers": activities(role=Role.PROCESSOR),
        "measures": MEASURES,
        "operator": operator_particulars(),
        "pages": _pages(),
    }
    return render(request, "privacy/annex.html", context)


@require_safe
def records(request: HttpRequest) -> HttpResponse:
    """The records of processing activities, for staff (GDPR 30)."""
    _require_staff(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Records of processing"),
        "activities": activities(),
        "operator": operator_particulars(),
    }
    return render(request, "admin/records_of_processing.html", context)


@require_safe
def records_csv(request: HttpRequest) -> HttpResponseBase:
    """The same as a file, one line for each table and place."""
    _require_staff(request)
    response = StreamingHttpResponse(_lines(), content_type="text/csv; charset=utf-8")
    name = f"records-of-processing-{clock.legal_date(clock.now())}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _require_staff(request: HttpRequest) -> None:
    if not request.user.has_perm("privacy.view_retentionitem"):
        raise PermissionDenied


def _pages() -> dict[str, str]:
    return {name: path for name, path in _PAGES.items() if _exists(path)}


def _exists(path: str) -> bool:
    try:
        resolve(path, settings.ROOT_URLCONF)
    except Resolver404:
        return False
    return True


_COLUMNS = (
    *("purpose", "role", "legal_basis", "where", "name", "what", "about", "personal_data", "customer_data"),
    *("kept", "counted", "rule", "clause", "erasure", "recipients"),
)


def _lines() -> Iterator[str]:
    yield "\ufeff" + csv_line(_COLUMNS)
    for activity in activities():
        for thing in activity.things:
            yield csv_line((activity.words, activity.role.value, activity.basis, *_cells(thing), activity.recipients))


def _cells(thing: KeptThing) -> tuple[str, ...]:
    period = thing.period
    return (
        *(thing.where, thing.name, thing.words, "; ".join(thing.about)),
        *(" ".join(thing.personal), " ".join(thing.content)),
        *(period.period, period.counted, period.key, period.clause, thing.erasure),
    )
