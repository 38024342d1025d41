"""What `POST /seals` takes: a multipart form with `file`, or JSON with the document in base64."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from kernel.errors import FieldError, InvalidInput
from sealing.actions.accept_document import DocumentTooLarge
from sealing.rules.requests import SealRequest

MAX_JSON_BYTES = 28 * 1024 * 1024
MAX_WAIT_SECONDS = 60
_TEXTS = ("format", "level", "certificate", "reason", "location", "contact", "reference")
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})")


class JsonDocument(serializers.Serializer):
    name = serializers.CharField(default="document.pdf")
    content = serializers.CharField(help_text="The document in base64.")
    sha256 = serializers.CharField(required=False, help_text="If given, checked against the document.")


class SealInput(serializers.Serializer):
    """`file` in a multipart form, or `document` in JSON."""

    file = serializers.FileField(required=False, help_text="The document, in a multipart form.")
    document = JsonDocument(required=False, help_text="The document, in JSON: name, content (base64), sha256.")
    format = serializers.ChoiceField(["pades"], default="pades", help_text="pades seals PDF documents.")
    level = serializers.ChoiceField(
        ["B-T", "B-LT"], default="B-LT", help_text="B-LT carries everything needed to verify it years later."
    )
    certificate = serializers.CharField(required=False, help_text="Id of one of your certificates; else the newest.")
    reason = serializers.CharField(required=False, max_length=200, help_text="Shown by PDF readers.")
    location = serializers.CharField(required=False, max_length=200, help_text="Shown by PDF readers.")
    contact = serializers.CharField(required=False, max_length=200, help_text="Shown by PDF readers.")
    reference = serializers.CharField(required=False, max_length=80, help_text="Your own reference, to search by.")
    sha256 = serializers.CharField(required=False, help_text="Multipart only: checked against the file.")


@dataclass(frozen=True, slots=True)
class SealInputs:
    """A request taken apart. `sha256` is what the caller said the document has, in hexadecimal."""

    name: str
    content: BinaryIO
    sha256: str | None
    request: SealRequest


def read_inputs(request: Request) -> SealInputs:
    """The inputs of a request; raises `InvalidInput` naming every field that does not fit."""
    check_size(request)
    body = request.data
    if not isinstance(body, Mapping):
        raise _wrong("", "not_an_object", _("Send a JSON object or a multipart form."))
    if isinstance(file := body.get("file"), UploadedFile):
        only_known(body, {"file", "sha256", *_TEXTS})
        return SealInputs(
            file.name or "document.pdf", cast("BinaryIO", file), _text(body, "sha256") or None, _request(body)
        )
    if isinstance(document := body.get("document"), Mapping):
        only_known(body, {"document", *_TEXTS})
        only_known(document, {"name", "content", "sha256"}, "/document")
        content = io.BytesIO(_decoded(document.get("content")))
        name = _text(document, "name") or "document.pdf"
        return SealInputs(name, content, _text(document, "sha256") or None, _request(body))
    raise _wrong("/file", "required", _("Send the document as “file” in a multipart form, or as “document” in JSON."))


def wait_seconds(request: Request) -> int:
    """The seconds of `Prefer: wait=30` (RFC 7240), at most a minute."""
    match = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(match[1]), MAX_WAIT_SECONDS) if match else 0


def check_size(request: Request) -> None:
    """Refuse a body that cannot be accepted before it is read; raises `DocumentTooLarge`."""
    json = (request.content_type or "").startswith("application/json")
    limit = MAX_JSON_BYTES if json else settings.MAX_DOCUMENT_BYTES + (1 << 20)
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        hint = _("In JSON at most 20 MB can be sent; use a multipart form.") if json else ""
        raise DocumentTooLarge(hint)


def _request(body: Mapping[str, Any]) -> SealRequest:
    given = {name: _text(body, name) for name in _TEXTS if body.get(name) not in (None, "")}
    known = {field.name for field in fields(SealRequest)}
    return SealRequest(**{name: value for name, value in given.items() if name in known})  # type: ignore[arg-type]  # texts only


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise _wrong(f"/{name}", "not_a_text", _("This must be a text."))
    return value


def only_known(body: Mapping[str, Any], known: set[str], pointer: str = "") -> None:
    """Refuse fields that mean nothing here, each by its name; raises `InvalidInput`."""
    unknown = [str(name) for name in body if name not in known]
    if unknown:
        detail = _("This field is not known here.")
        raise InvalidInput(errors=[FieldError(f"{pointer}/{name}", "unknown_field", detail) for name in unknown])


def _decoded(content: Any) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise _wrong("/document/content", "not_base64", _("The content must be base64.")) from error


def _wrong(pointer: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(pointer, code, detail)])
