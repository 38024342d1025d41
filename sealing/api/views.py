"""`/api/v1/seals`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import renderers, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.headers import quota_headers
from billing.queries import quota
from kernel.api import PROBLEM, CustomerView, decode_cursor, encode_cursor, problem
from kernel.errors import FieldError, InvalidInput
from sealing.actions.accept_document import accept_document
from sealing.actions.change_labels import change_labels
from sealing.actions.delete_documents import delete_documents
from sealing.api.inputs import MAX_WAIT_SECONDS, SealChange, SealInput, read_inputs, read_labels, wait_seconds
from sealing.api.representation import SealRepresentation, represent
from sealing.queries import seals as queries
from sealing.queries.documents import DocumentRow, document_row, documents_page
from sealing.queries.seals import SealedContent, SealView
from sealing.queries.visibility import Selection
from sealing.rules.requests import RESULT_MEDIA_TYPES
from sealing.rules.seal_states import FINAL, SealStatus

# Waiting requests hold a web thread each; beyond this many in a process a caller gets 202 at once and asks again.
_waiting = threading.BoundedSemaphore(5)


class Problem(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]  # a field of RFC 9457


class SealList(serializers.Serializer):
    items = SealRepresentation(many=True)
    next = serializers.CharField(allow_null=True)


class AnyAnswer(BaseContentNegotiation):
    """JSON for whoever asks for anything; what else can be had is decided by the view."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((p for p in parsers if p.media_type == (request.content_type or "").partition(";")[0]), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class SealsView(CustomerView):
    """Make seals and list them."""

    content_negotiation_class = AnyAnswer
    renderer_classes = [renderers.JSONRenderer]
    parameters = frozenset({"status", "reference", "label", "search", "created_after", "cursor"})

    @extend_schema(
        operation_id="create_seal",
        summary="Seal a document, or several together",
        request={"multipart/form-data": SealInput, "application/json": SealInput},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Any text of yours, up to 255 characters. The same request sent again is not done again.",
            ),
            OpenApiParameter(
                "Prefer", str, OpenApiParameter.HEADER, description="wait=30 holds the answer up to 30 s until sealed."
            ),
            OpenApiParameter(
                "Accept",
                str,
                OpenApiParameter.HEADER,
                description="application/pdf answers with the sealed PDF, application/vnd.etsi.asic-e+zip with the"
                " container, application/pkcs7-signature with the detached seal.",
            ),
        ],
        responses={
            201: OpenApiResponse(SealRepresentation, "Sealed."),
            202: OpenApiResponse(SealRepresentation, "Queued; ask again by its id."),
            (422, PROBLEM): OpenApiResponse(Problem, "Refused; `code` says why. Nothing is charged."),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        inputs = read_inputs(request)
        accepted = accept_document(
            actor=self.actor,
            documents=inputs.documents,
            request=inputs.request,
            live=self.actor.live,
            idempotency_key=request.headers.get("Idempotency-Key"),
            now=self.now,
        )
        wanted = [each for each in RESULT_MEDIA_TYPES.values() if each in request.headers.get("Accept", "")]
        seconds = wait_seconds(request) or (MAX_WAIT_SECONDS if wanted else 0)
        _wait(accepted.seal_id, seconds)
        seal = None if seconds else accepted.queued
        seal = seal or queries.seal(self.actor, accepted.seal_id, ordered=True)
        response = self._answer(request, seal, wants_file=seal.result_media_type in wanted)
        response["Location"] = seal_urls(request, seal.id)["self_url"]
        if accepted.replayed:
            response["Idempotent-Replayed"] = "true"
        for name, value in quota_headers(quota(customer_id=self.actor.customer, now=self.now)).items():
            response[name] = value
        return response

    def _answer(self, request: Request, seal: SealView, *, wants_file: bool) -> HttpResponseBase:
        if seal.failure:
            status = 422 if seal.status == SealStatus.REFUSED else 503
            return problem(
                status=status, code=seal.failure[0], title=_("The document was not sealed."), detail=seal.failure[1]
            )
        if wants_file and seal.status == SealStatus.SEALED:
            return _download(queries.sealed_content(self.actor, seal.id, ordered=True), status=201)
        return Response(represent(seal, **seal_urls(request, seal.id)), status=201 if seal.status in FINAL else 202)

    @extend_schema(
        operation_id="list_seals",
        summary="List seals, newest first",
        parameters=[
            OpenApiParameter("status", str, enum=[*SealStatus], description="Only seals in this status."),
            OpenApiParameter("reference", str, description="Only seals with exactly this reference of yours."),
            OpenApiParameter("label", str, description="Only seals with this label: its id."),
            OpenApiParameter(
                "search", str, description="Words, or beginnings of words, of document names and the reference."
            ),
            OpenApiParameter("created_after", OpenApiTypes.DATETIME, description="With offset: 2026-11-01T00:00:00Z."),
            OpenApiParameter("cursor", str, description="The “next” of the page before."),
        ],
        responses=SealList,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        selection = Selection(
            status=_status(asked.get("status", "")),
            reference=asked.get("reference", ""),
            label=asked.get("label", ""),
            search=asked.get("search", ""),
            accepted_after=_moment(asked.get("created_after")),
        )
        after = decode_cursor(asked["cursor"]) if "cursor" in asked else None
        page = documents_page(self.actor, selection, after=after)
        return Response(
            {
                "items": [_represent(request, row) for row in page.items],
                "next": encode_cursor(page.next_after) if page.next_after else None,
            }
        )


class SealDetailView(CustomerView):
    """One seal."""

    @extend_schema(operation_id="get_seal", summary="Read a seal", responses=SealRepresentation)
    def get(self, request: Request, seal_id: str) -> Response:
        return Response(_represent(request, document_row(self.actor, seal_id)))

    @extend_schema(
        operation_id="change_seal",
        summary="Put labels on a seal's documents",
        request=SealChange,
        responses=SealRepresentation,
    )
    def patch(self, request: Request, seal_id: str) -> Response:
        labels = read_labels(request)
        change_labels(actor=self.actor, seal_ids=[seal_id], put_on=labels, take_off=None, now=self.now)
        return Response(_represent(request, document_row(self.actor, seal_id)))

    @extend_schema(
        operation_id="delete_seal",
        summary="Delete a seal's documents for good",
        description="Files, names, digests, reference and labels are destroyed; that there was a seal, its times and"
        " what was billed stay on record. Doing it again changes nothing.",
        responses={204: OpenApiResponse(description="Deleted."), (409, PROBLEM): Problem},
    )
    def delete(self, request: Request, seal_id: str) -> Response:
        delete_documents(actor=self.actor, seal_id=seal_id, now=self.now)
        return Response(status=204)


class SealContentView(CustomerView):
    """The sealed file."""

    content_negotiation_class = AnyAnswer

    @extend_schema(
        operation_id="get_sealed_content",
        summary="Download the sealed document",
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in RESULT_MEDIA_TYPES.values()},
    )
    def get(self, request: Request, seal_id: str) -> HttpResponseBase:
        return _download(queries.sealed_content(self.actor, seal_id))


def _download(content: SealedContent, *, status: int = 200) -> HttpResponseBase:
    response = StreamingHttpResponse(content.parts, status=status, content_type=content.media_type)
    response["Content-Length"] = str(content.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=content.name)
    return response


def _represent(request: Request, row: DocumentRow) -> dict[str, Any]:
    return represent(row.seal, labels=row.labels, **seal_urls(request, row.seal.id))


def seal_urls(request: Request, seal_id: str) -> dict[str, Any]:
    """The addresses of a seal and of what comes of it, as `represent` wants them."""
    return {
        "self_url": request.build_absolute_uri(reverse("api_seal", args=[seal_id])),
        "sealed_urls": {
            name: request.build_absolute_uri(reverse(f"api_seal_{name}", args=[seal_id]))
            for name in ("content", "report", "receipt")
        },
    }


def _wait(seal_id: str, seconds: int) -> None:
    wait_until(lambda: queries.is_finished(seal_id), seconds)


def wait_until(is_done: Callable[[], bool], seconds: int) -> None:
    """Look again until it is done, gently slower, for at most `seconds`."""
    if not seconds or not _waiting.acquire(blocking=False):
        return
    try:
        end, pause = time.monotonic() + seconds, 0.01
        while time.monotonic() < end and not is_done():
            time.sleep(pause)
            pause = min(pause * 1.4, 0.3)
    finally:
        _waiting.release()


def _status(text: str) -> str:
    if text and text not in list(SealStatus):
        detail = _("There is no status of this name.")
        raise InvalidInput(errors=[FieldError("/status", "status_unknown", detail)])
    return text


def _moment(text: str | None) -> Any:
    if not text:
        return None
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        detail = _("Give a time with its offset, such as 2026-11-01T00:00:00Z.")
        raise InvalidInput(errors=[FieldError("/created_after", "not_a_time", detail)])
    return moment
