"""`/api/v1/labels` and `/api/v1/storage`: what documents are called together, and how much is kept."""

from __future__ import annotations

from collections.abc import Mapping

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api import PROBLEM, CustomerView
from sealing.actions.create_label import create_label
from sealing.api.inputs import only_known
from sealing.api.representation import LabelRepresentation, represent_label
from sealing.api.views import Problem
from sealing.queries.documents import stored_of
from sealing.queries.labels import label_of, labels_of


class LabelInput(serializers.Serializer):
    name = serializers.CharField(max_length=60)


class LabelList(serializers.Serializer):
    items = LabelRepresentation(many=True)
    next = serializers.CharField(allow_null=True)


class StorageRepresentation(serializers.Serializer):
    """Originals and sealed documents together."""

    seals = serializers.IntegerField(help_text="Seals with a file.")
    storage_bytes = serializers.IntegerField()


class LabelsView(CustomerView):
    """The labels of the customer; all its members and programs share them."""

    @extend_schema(operation_id="list_labels", summary="List labels by name", responses=LabelList)
    def get(self, request: Request) -> Response:
        return Response({"items": [represent_label(each) for each in labels_of(self.actor)], "next": None})

    @extend_schema(
        operation_id="create_label",
        summary="Make a label",
        request=LabelInput,
        responses={201: LabelRepresentation, (409, PROBLEM): OpenApiResponse(Problem, "There is one of this name.")},
    )
    def post(self, request: Request) -> Response:
        body = request.data if isinstance(request.data, Mapping) else {}
        only_known(body, {"name"})
        name = body.get("name", "")
        label_id = create_label(actor=self.actor, name=name if isinstance(name, str) else "", now=self.now)
        return Response(represent_label(label_of(self.actor, label_id)), status=201)


class StorageView(CustomerView):
    """How much is kept."""

    @extend_schema(
        operation_id="get_storage",
        summary="Read how many bytes are stored",
        description="Of all seals that the token may see.",
        responses=StorageRepresentation,
    )
    def get(self, request: Request) -> Response:
        stored = stored_of(self.actor)
        return Response({"seals": stored.seals, "storage_bytes": stored.size})
