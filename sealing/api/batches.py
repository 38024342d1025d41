"""`/api/v1/batches`."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.throttling import count_more
from billing.api.headers import quota_headers
from billing.queries import quota
from kernel.api import PROBLEM, CustomerView, decode_cursor, encode_cursor
from kernel.errors import FieldError, InvalidInput
from sealing.actions.accept_batch import accept_batch
from sealing.api.archives import archive_response
from sealing.api.batch_inputs import BatchInput, read_batch
from sealing.api.batch_representation import BatchRepresentation, BatchSummary, represent_items, summarise
from sealing.api.views import AnyAnswer, Problem
from sealing.queries import batches as queries
from sealing.queries.batch_archive import batch_archive
from sealing.queries.batches import BatchView, ItemPage


class BatchList(serializers.Serializer):
    items = BatchSummary(many=True)
    next = serializers.CharField(allow_null=True)


class BatchesView(CustomerView):
    """Seal many documents, each by itself, and list what was sent so."""

    parameters = frozenset({"cursor"})

    @extend_schema(
        operation_id="create_batch",
        summary="Seal up to 1 000 documents, each by itself",
        request={"application/json": BatchInput, "multipart/form-data": BatchInput},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Any text of yours. The same batch sent again goes on where it broke off.",
            )
        ],
        responses={
            202: OpenApiResponse(BatchRepresentation, "Accepted; items that were not say why, and are free."),
            (422, PROBLEM): OpenApiResponse(Problem, "The batch as a whole was refused. Nothing is charged."),
        },
    )
    def post(self, request: Request) -> Response:
        inputs = read_batch(request)
        count_more(request, len(inputs.items) - 1, now=self.now)
        accepted = accept_batch(
            actor=self.actor,
            items=inputs.items,
            request=inputs.request,
            live=self.actor.live,
            idempotency_key=request.headers.get("Idempotency-Key"),
            now=self.now,
        )
        batch = queries.batch(self.actor, accepted.batch_id, ordered=True)
        items = queries.items_of(self.actor, batch.id, limit=None, ordered=True)
        response = Response(_represent(request, batch, items), status=202)
        response["Location"] = _urls(request, batch.id)["self_url"]
        if accepted.replayed:
            response["Idempotent-Replayed"] = "true"
        for name, value in quota_headers(quota(customer_id=self.actor.customer, now=self.now)).items():
            response[name] = value
        return response

    @extend_schema(
        operation_id="list_batches",
        summary="List batches, newest first",
        parameters=[OpenApiParameter("cursor", str, description="The “next” of the page before.")],
        responses=BatchList,
    )
    def get(self, request: Request) -> Response:
        cursor = request.query_params.get("cursor")
        page = queries.batches(self.actor, after=decode_cursor(cursor) if cursor is not None else None)
        return Response(
            {
                "items": [summarise(batch, **_urls(request, batch.id)) for batch in page.items],
                "next": encode_cursor(page.next_after) if page.next_after else None,
            }
        )


class BatchDetailView(CustomerView):
    """One batch."""

    parameters = frozenset({"cursor"})

    @extend_schema(
        operation_id="get_batch",
        summary="Read a batch and its items",
        parameters=[OpenApiParameter("cursor", str, description="The “next” of the page of items before.")],
        responses=BatchRepresentation,
    )
    def get(self, request: Request, batch_id: str) -> Response:
        batch = queries.batch(self.actor, batch_id)
        items = queries.items_of(self.actor, batch_id, after=item_position(request.query_params.get("cursor")))
        return Response(_represent(request, batch, items))


class BatchContentView(CustomerView):
    """Everything that was sealed, in one file."""

    content_negotiation_class = AnyAnswer
    renderer_classes = [renderers.JSONRenderer]

    @extend_schema(
        operation_id="get_batch_content",
        summary="Download all sealed documents of a batch in one ZIP file",
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            (409, PROBLEM): OpenApiResponse(Problem, "Not finished yet."),
        },
    )
    def get(self, request: Request, batch_id: str) -> HttpResponseBase:
        return archive_response(batch_archive(self.actor, batch_id))


def _represent(request: Request, batch: BatchView, items: ItemPage) -> dict[str, object]:
    following = encode_cursor(str(items.next_after)) if items.next_after is not None else None
    return summarise(batch, **_urls(request, batch.id)) | {"items": represent_items(items), "next": following}


def _urls(request: Request, batch_id: str) -> dict[str, str]:
    return {
        "self_url": request.build_absolute_uri(reverse("api_batch", args=[batch_id])),
        "content_url": request.build_absolute_uri(reverse("api_batch_content", args=[batch_id])),
    }


def item_position(cursor: str | None) -> int | None:
    """The position of an item that a cursor stands for; raises `InvalidInput` for one that is not ours."""
    if cursor is None:
        return None
    value = decode_cursor(cursor)
    if not (value.isascii() and value.isdigit() and len(value) < 6):
        detail = _("This cursor was not given out by us.")
        raise InvalidInput(errors=[FieldError("/cursor", "invalid_cursor", detail)])
    return int(value)
