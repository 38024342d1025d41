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
from kernel.api import decode_cursor, encode_cursor, problem, refusal_problem
from kernel.errors import InvalidInput, Outage, Refusal
from sealing.actions.accept_document import NewDigest, NewDocument, accept_document
from sealing.api.representation import represent
from sealing.forms import SealForm
from sealing.queries import seals as queries
from sealing.queries.seals import SealView
from sealing.rules.requests import SealRequest, is_pdf
from sealing.rules.seal_states import SealStatus
from trust.queries import certificates_of

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
    }
    return render(request, "sealing/seal.html", context)


@require_POST
def seal_upload(request: HttpRequest) -> HttpResponseBase:
    """One dropped file, sealed by itself; answers like the API, so that the page and programs read the same."""
    form = SealForm(request.POST, request.FILES)
    if not form.is_valid():
        return refusal_problem(InvalidInput(_("Choose a file, and check the options.")))
    fields = form.cleaned_data
    try:
        accepted = accept_document(
            actor=_actor(request),
            documents=_documents(fields),
            request=SealRequest(
                level=fields["level"] or "B-LT",
                reason=fields["reason"],
                location=fields["location"],
                reference=fields["reference"],
                container=_container(fields),
            ),
            live=fields["mode"] != "test",
            idempotency_key=request.headers.get("Idempotency-Key"),
            now=clock.now(),
        )
    except Refusal as refusal:
        return refusal_problem(refusal)
    except Outage as outage:
        return problem(status=503, code=outage.code, title=_("An outside service is down."), detail=str(outage.detail))
    seal = accepted.queued or queries.seal(_actor(request), accepted.seal_id)
    return JsonResponse(_representation(seal), status=202)


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
def seals_page(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    try:
        after = decode_cursor(asked["cursor"]) if "cursor" in asked else None
    except InvalidInput:
        after = None
    page = queries.seals(
        _actor(request), status=asked.get("status", ""), reference=asked.get("reference", ""), after=after
    )
    context = {
        "page": page,
        "statuses": [status.value for status in SealStatus],
        "status": asked.get("status", ""),
        "reference": asked.get("reference", ""),
        "next_cursor": encode_cursor(page.next_after) if page.next_after else None,
    }
    return render(request, "sealing/seals.html", context)


@require_GET
def seal_detail(request: HttpRequest, seal_id: str) -> HttpResponse:
    actor = _actor(request)
    context = {
        "seal": queries.seal(actor, seal_id),
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
