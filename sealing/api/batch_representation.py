"""A batch as the API tells it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sealing.api.representation import Cause, represent_cause
from sealing.queries.batches import BatchView, ItemPage, ItemView
from sealing.rules.seal_states import SealStatus


class ItemError(serializers.Serializer):
    pointer = serializers.CharField(help_text="JSON pointer (RFC 6901), from the item.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ItemFailure(Cause):
    errors = ItemError(many=True)  # type: ignore[assignment]  # a field of RFC 9457


class BatchItemRepresentation(serializers.Serializer):
    position = serializers.IntegerField(help_text="From 0, in the order in which they were sent.")
    name = serializers.CharField(help_text="Empty once the document was deleted.")
    seal = serializers.CharField(allow_null=True, help_text="Id of its seal; null when it was not accepted.")
    status = serializers.ChoiceField([status.value for status in SealStatus])
    failure = ItemFailure(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True, help_text="Since when its documents are deleted.")


class BatchLinks(serializers.Serializer):
    self = serializers.CharField()
    content = serializers.CharField(required=False, help_text="One ZIP file; present once the batch is finished.")


class BatchSummary(serializers.Serializer):
    """A batch; it is finished when every item has reached an end and no more will come."""

    id = serializers.CharField()
    status = serializers.CharField(help_text="running, or finished.")
    live = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many items are in each status.")
    links = BatchLinks()


class BatchRepresentation(BatchSummary):
    """A batch with its items; `next` continues the list of items, if there are more."""

    items = BatchItemRepresentation(many=True)
    next = serializers.CharField(allow_null=True)


def summarise(batch: BatchView, *, self_url: str, content_url: str) -> dict[str, Any]:
    """The JSON object of `BatchSummary`."""
    links = {"self": self_url}
    if batch.finished_at:
        links["content"] = content_url
    return {
        "id": batch.id,
        "status": batch.status,
        "live": batch.live,
        "opened_at": batch.opened_at,
        "finished_at": batch.finished_at,
        "counts": batch.counts,
        "links": links,
    }


def represent_items(page: ItemPage) -> list[dict[str, Any]]:
    """The JSON objects of `BatchItemRepresentation`."""
    return [_item(item) for item in page.items]


def _item(item: ItemView) -> dict[str, Any]:
    failure: dict[str, Any] | None = represent_cause(item.failure)
    if failure is not None:
        errors = [{"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in item.errors]
        failure = failure | {"errors": errors}
    return {
        "position": item.position,
        "name": item.name,
        "seal": item.seal_id,
        "status": item.status,
        "failure": failure,
        "deleted_at": item.deleted_at,
    }
