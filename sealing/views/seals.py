"""The door for people: drop documents, watch them being sealed, find and download them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from billing.queries import usage
from kernel import clock
from kernel.actor import Actor
from kernel.api import problem, refusal_problem
from kernel.errors import InvalidInput, Outage, Refusal
from sealing.actions.accept_document import Accepted, NewDigest, NewDocument, accept_document
from sealing.actions.add_to_batch import NewItem, add_to_batch
from sealing.api.appearance import read_appearance
from sealing.api.representation import represent
from sealing.forms import SealForm
from sealing.queries import seals as queries
from sealing.queries.documents import document_row, shares_of
from sealing.queries.seals import SealView
from sealing.rules.requests import SealRequest, is_pdf
from trust.queries import certificates_of
from trust.queries.outages import outages_for

MAX_STATUS_IDS = 200


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]  # set by the membership middleware


@require_GET
def seal_page(request: HttpRequest) -> HttpResponse:
    actor, now = _actor(request), clock.now()
    active = [certificate for certificate in certificates_of(actor) if certificate.state == "active"]
    context = {
        "form": SealForm(),
        "usage": usage(customer_id=actor.customer, now=now),
        "has_live": any(certificate.live for certificate in active),
        "has_test": any(not certificate.live for certificate in active),
        "max_bytes": settings.MAX_DOCUMENT_BYTES,
        "outages": outages_for(actor, now=now),
    }
    return render(request, "sealing/seal.html", context)


@require_POST
def seal_upload(request: HttpRequest) -> HttpResponseBase:
    """One dropped file, sealed by itself; answers like the API, so that the page and programs read the same."""
    form = SealForm(request.POST, request.FILES)
    if not form.is_valid():
        return refusal_problem(InvalidInput(_("Choose a file, and check the options.")))
    try:
        accepted = _accept(request, form.cleaned_data)
    except Refusal as refusal:
        return refusal_problem(refusal)
    except Outage as outage:
        return problem(status=503, code=outage.code, title=_("An outside service is down."), detail=str(outage.detail))
    seal = accepted.queued or queries.seal(_actor(request), accepted.seal_id)
    return JsonResponse(_representation(seal), status=202)


def _accept(request: HttpRequest, fields: dict[str, Any]) -> Accepted:
    """The seal: by itself, or as an item of a batch that the page has opened."""
    asked = SealRequest(
        level=fields["level"] or "B-LT",
        reason=fields["reason"],
        location=fields["location"],
        reference=fields["reference"],
        appearance=read_appearance(fields["appearance"]),
        container=_container(fields),
    )
    actor, documents, now = _actor(request), _documents(fields), clock.now()
    key = request.headers.get("Idempotency-Key")
    if fields["batch"]:
        item = NewItem(documents, asked)
        added = add_to_batch(actor=actor, batch_id=fields["batch"], item=item, idempotency_key=key, now=now)
        return added.outcome
    live = fields["mode"] != "test"
    return accept_document(actor=actor, documents=documents, request=asked, live=live, idempotency_key=key, now=now)


def _documents(fields: dict[str, Any]) -> list[NewDocument] | NewDigest:
    if fields["digest"]:
        return NewDigest(fields["name"], "sha256", fields["digest"])
    return [NewDocument(fields["file"].name, fields["file"])]


def _container(fields: dict[str, Any]) -> str:
    """The ending of a container's name; a PDF and a digest do not come back in one."""
    if fields["digest"]:
        return ""
    file = fields["file"]
    start: bytes = file.read(5)
    file.seek(0)
    return "" if is_pdf(file.name, start) else fields["container"]


@require_GET
def seal_status(request: HttpRequest) -> HttpResponse:
    """How the dropped files are doing: `?ids=seal_a,seal_b`."""
    ids = tuple(request.GET.get("ids", "").split(","))[:MAX_STATUS_IDS]
    page = queries.seals(_actor(request), ids=ids, limit=MAX_STATUS_IDS)
    return JsonResponse({"items": [_representation(seal) for seal in page.items]})


@require_GET
def seal_detail(request: HttpRequest, seal_id: str) -> HttpResponse:
    actor = _actor(request)
    row = document_row(actor, seal_id)
    context = {
        "seal": row.seal,
        "row": row,
        "shares": shares_of(actor, seal_id),
        "attempts": queries.attempts_of(actor, seal_id),
        "archivings": queries.archivings_of(actor, seal_id),
        "may_archive": actor.may("seal.create"),
    }
    return render(request, "sealing/seal_detail.html", context)


@require_GET
def seal_content(request: HttpRequest, seal_id: str) -> HttpResponseBase:
    content = queries.sealed_content(_actor(request), seal_id)
    response = StreamingHttpResponse(content.parts, content_type=content.media_type)
    response["Content-Length"] = str(content.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=content.name)
    return response


def _representation(seal: SealView) -> dict[str, Any]:
    return represent(
        seal,
        self_url=reverse("seal_detail", args=[seal.id]),
        sealed_urls={name: reverse(f"seal_{name}", args=[seal.id]) for name in ("content", "report", "receipt")},
    )
