"""What `POST /batches` takes: JSON with items, or a multipart form in which every `file` is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from kernel.errors import FieldError, InvalidInput
from sealing.actions._batches import TooManyItems
from sealing.actions.add_to_batch import NewItem
from sealing.api.inputs import (
    FIELDS,
    JsonDigest,
    JsonDocument,
    SealInput,
    check_size,
    only_known,
    read_object,
    read_request,
    uploaded,
)
from sealing.rules.batches import MAX_ITEMS
from sealing.rules.requests import SealRequest


class JsonItem(serializers.Serializer):
    document = JsonDocument(required=False)
    documents = JsonDocument(many=True, required=False)
    digest = JsonDigest(required=False)


class BatchInput(SealInput):
    """`items` in JSON, or several `file`s in a multipart form; the other fields are for all items."""

    document = None  # type: ignore[assignment]  # not here, but in an item
    documents = None  # type: ignore[assignment]
    digest = None  # type: ignore[assignment]
    file = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        help_text="In a multipart form, up to 1 000 parts of this name: each is sealed by itself.",
    )
    items = JsonItem(
        many=True,
        required=False,
        help_text="In JSON, up to 1 000 objects as POST /seals takes them: document, documents or digest. Fields of an"
        " item win over those beside the list.",
    )


@dataclass(frozen=True, slots=True)
class BatchInputs:
    """A request taken apart: what all items share, and each."""

    request: SealRequest
    items: list[NewItem]


def read_batch(request: Request) -> BatchInputs:
    """The inputs of a request; what is wrong with one item is kept as its content. Raises `InvalidInput`,
    `TooManyItems` and `DocumentTooLarge` for what is wrong with the whole.
    """
    check_size(request)
    try:
        body = request.data
    except TooManyFilesSent as error:
        raise TooManyItems from error
    if not isinstance(body, Mapping):
        raise _wrong("", "not_an_object", _("Send a JSON object or a multipart form."))
    if isinstance(body.get("file"), UploadedFile) and isinstance(body, QueryDict):
        only_known(body, {"file", "sha256", *FIELDS})
        shared = read_request(body)
        return BatchInputs(shared, [NewItem([document], shared) for document in uploaded(body)])
    only_known(body, {"items", *FIELDS})
    if not isinstance(body.get("items"), list):
        detail = _("Send the documents as several “file” parts of a multipart form, or as “items” in JSON.")
        raise _wrong("/items", "required", detail)
    if len(body["items"]) > MAX_ITEMS:  # before each costs more than its few bytes
        raise TooManyItems
    options = {name: body[name] for name in FIELDS if name in body}
    shared = read_request(options)
    return BatchInputs(shared, [_item(each, options, shared) for each in body["items"]])


def _item(item: Any, options: Mapping[str, Any], shared: SealRequest) -> NewItem:
    """One item, or what is wrong with it: pointers begin at the item."""
    try:
        if not isinstance(item, Mapping):
            raise _wrong("", "not_an_object", _("This must be an object."))
        beside = {name: value for name, value in options.items() if name != "appearance"}
        inputs = read_object({**beside, **item})
        if inputs is None:
            raise _wrong("", "required", _("Give the item a “document”, “documents” or a “digest”."))
    except InvalidInput as refusal:
        return NewItem(refusal, shared, _told_name(item))
    if "appearance" in item:
        return NewItem(inputs.documents, inputs.request)
    return NewItem(inputs.documents, replace(inputs.request, appearance=shared.appearance))  # its logo is there once


def _told_name(item: Any) -> str:
    document = item.get("document") if isinstance(item, Mapping) else None
    name = document.get("name") if isinstance(document, Mapping) else None
    return name if isinstance(name, str) else ""


def _wrong(pointer: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(pointer, code, detail)])
