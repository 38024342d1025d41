"""The door for people: many documents together, watched until the last has ended, and taken home in one file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kernel import clock
from kernel.actor import Actor
from kernel.api import decode_cursor, encode_cursor, problem, refusal_problem
from kernel.errors import InvalidInput, Outage, Refusal
from sealing.actions.close_batch import close_batch
from sealing.actions.open_batch import open_batch
from sealing.api.archives import archive_response
from sealing.api.batches import item_position
from sealing.forms import BatchForm
from sealing.queries import batches as queries
from sealing.queries.batch_archive import batch_archive


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


@require_http_methods(["GET", "HEAD", "POST"])
def batches_page(request: HttpRequest) -> HttpResponse:
    """All batches; or a new one, to which the seal page then sends its files."""
    if request.method == "POST":
        return _open(request)
    page = queries.batches(_actor(request), after=_cursor(request))
    context = {"page": page, "next_cursor": encode_cursor(page.next_after) if page.next_after else None}
    return render(request, "sealing/batches.html", context)


def _open(request: HttpRequest) -> HttpResponse:
    form = BatchForm(request.POST)
    if not form.is_valid():
        return refusal_problem(InvalidInput(_("Choose a file, and check the options.")))
    try:
        batch_id = open_batch(actor=_actor(request), live=form.cleaned_data["mode"] == "live", now=clock.now())
    except Refusal as refusal:
        return refusal_problem(refusal)
    except Outage as outage:
        return problem(status=503, code=outage.code, title=_("An outside service is down."), detail=str(outage.detail))
    links = {"page": reverse("batch", args=[batch_id]), "content": reverse("batch_content", args=[batch_id])}
    return JsonResponse({"id": batch_id, **links}, status=201)


@require_http_methods(["GET", "HEAD", "POST"])
def batch_page(request: HttpRequest, batch_id: str) -> HttpResponse:
    """How the documents of a batch are doing; POST says that no more will come."""
    actor = _actor(request)
    if request.method == "POST":
        close_batch(actor=actor, batch_id=batch_id, now=clock.now())
        return JsonResponse({"status": queries.batch(actor, batch_id).status})
    items = queries.items_of(actor, batch_id, after=_position(request))
    context = {
        "batch": queries.batch(actor, batch_id),
        "items": items.items,
        "next_cursor": encode_cursor(str(items.next_after)) if items.next_after is not None else None,
    }
    return render(request, "sealing/batch.html", context)


@require_GET
def batch_content(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Everything that was sealed, in one ZIP file."""
    return archive_response(batch_archive(_actor(request), batch_id))


def _position(request: HttpRequest) -> int | None:
    try:
        return item_position(request.GET.get("cursor"))
    except InvalidInput:
        return None


def _cursor(request: HttpRequest) -> str | None:
    try:
        return decode_cursor(request.GET["cursor"]) if "cursor" in request.GET else None
    except InvalidInput:
        return None
