"""What a smaller plan has no room for: which documents would go and when, and how to keep them (clause B11)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.views._steps import actor_of
from billing.queries.excess import Excess, excesses_of
from kernel import clock
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.catalogue import RULE
from privacy.rules.retention import due_on
from sealing.actions.download_documents import download_documents
from sealing.queries.documents import documents_page
from sealing.queries.excess import ExcessSeal, downloads, excess_seals
from sealing.queries.visibility import Selection

_ROWS = 50


@require_safe
def excess(request: HttpRequest) -> HttpResponse:
    """The plan of what goes next, as it would be done today."""
    actor, now = _reader(request), clock.now()
    coming = next(iter(excesses_of(actor.customer, now=now)), None)
    seals = _going(coming)
    page, pages = _number(request, "page"), max(1, -(-len(seals) // _ROWS))
    shown = seals[(page - 1) * _ROWS : page * _ROWS]
    found = documents_page(actor, Selection(ids=tuple(each.id for each in shown)), limit=_ROWS) if shown else None
    sizes = {each.id: each.size for each in shown}
    context = {
        "coming": coming,
        "erased_on": _erased_on(coming, now) if coming else None,
        "going": len(seals),
        "size": sum(each.size for each in seals),
        "rows": [(row, sizes[row.seal.id]) for row in reversed(found.items)] if found else [],
        "parts": [len(part) for part in downloads(seals)],
        "unsealed": sum(1 for each in seals if not each.sealed_size),
        "page": page,
        "next_page": page + 1 if page < pages else None,
        "former_page": page - 1 if page > 1 else None,
    }
    return render(request, "privacy/excess.html", context)


@require_safe
def excess_zip(request: HttpRequest) -> HttpResponseBase:
    """One part of all sealed documents that would go; the page itself where there is none by that number."""
    actor, now = _reader(request), clock.now()
    parts = downloads(_going(next(iter(excesses_of(actor.customer, now=now)), None)))
    part = _number(request, "part")
    if part > len(parts):
        return excess(request)
    download = download_documents(actor=actor, selection=Selection(ids=tuple(parts[part - 1])), now=now)
    response = StreamingHttpResponse(download.parts, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=download.name)
    return response


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    actor.require("seal.read_all")
    return actor


def _going(coming: Excess | None) -> list[ExcessSeal]:
    return excess_seals(coming.room) if coming and coming.room is not None else []


def _erased_on(coming: Excess, now: datetime) -> object:
    """By the rule and the notices; never in the past, where something held it up."""
    due = due_on(RULE["downgrade_excess"], coming.reduced_on)
    return max(due, coming.erasable_on or due, legal_date(now))


def _number(request: HttpRequest, name: str) -> int:
    asked = request.GET.get(name, "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1
