"""What `POST /seals` takes: a multipart form with one or several `file`s, or JSON with the documents in base64."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from kernel.errors import FieldError, InvalidInput
from sealing.actions.accept_document import DocumentTooLarge, NewDigest, NewDocument, TooManyDocuments
from sealing.api.appearance import AppearanceInput, read_appearance
from sealing.rules.requests import CONTAINERS, DIGEST_BYTES, FORMATS, LEVELS, SealRequest

MAX_JSON_BYTES = 28 * 1024 * 1024
MAX_WAIT_SECONDS = 60
TEXTS = ("format", "level", "certificate", "reason", "location", "contact", "reference", "container")
FIELDS = {*TEXTS, "appearance"}
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})")


class JsonDocument(serializers.Serializer):
    name = serializers.CharField(default="document.pdf")
    content = serializers.CharField(help_text="The document in base64.")
    sha256 = serializers.CharField(required=False, help_text="If given, checked against the document.")


class JsonDigest(serializers.Serializer):
    algorithm = serializers.ChoiceField(tuple(DIGEST_BYTES))
    value = serializers.CharField(help_text="The digest in base64.")


class SealInput(serializers.Serializer):
    """`file` in a multipart form, or `document`, `documents` or `digest` in JSON."""

    file = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        help_text="The document, in a multipart form. Several parts of this name are sealed together in a container.",
    )
    document = JsonDocument(required=False, help_text="The document, in JSON: name, content (base64), sha256.")
    documents = JsonDocument(
        many=True, required=False, help_text="In JSON: several documents, sealed together in a container."
    )
    digest = JsonDigest(
        required=False,
        help_text="In JSON, instead of a document: only its digest, so that it never leaves you. `document` may then"
        " have a name. You get a detached signature: cades to keep beside a file, pades (at B-T) to embed in a PDF that"
        " you prepared.",
    )
    format = serializers.ChoiceField(
        FORMATS,
        required=False,
        help_text="pades seals the PDF itself; asice puts any files, sealed together, into an ASiC-E container; cades"
        " makes a detached signature (.p7s) and does not keep the file. Default: pades for one PDF, cades for a digest,"
        " asice for anything else.",
    )
    level = serializers.ChoiceField(
        LEVELS,
        default="B-LT",
        help_text="B-LT carries everything needed to verify it years later; B-LTA adds an archive timestamp over that.",
    )
    certificate = serializers.CharField(required=False, help_text="Id of one of your certificates; else the newest.")
    reason = serializers.CharField(
        required=False, max_length=200, help_text="Shown by PDF readers; in a container as role or resolution."
    )
    location = serializers.CharField(required=False, max_length=200, help_text="Shown by PDF and container readers.")
    contact = serializers.CharField(required=False, max_length=200, help_text="Shown by PDF readers; pades only.")
    container = serializers.ChoiceField(
        CONTAINERS,
        default="asice",
        help_text="asice only: the ending of the container's name, as Latvian (edoc) or Estonian (bdoc) readers expect"
        " it. The content is the same.",
    )
    reference = serializers.CharField(required=False, max_length=80, help_text="Your own reference, to search by.")
    appearance = AppearanceInput(
        required=False,
        help_text="pades only: show the seal on a page, in a box with text, a logo and a QR code; an object, in a"
        " multipart form as JSON. Fields: page, place and size or box, text, logo, qr; all have defaults.",
    )
    sha256 = serializers.CharField(
        required=False,
        help_text="Multipart only: checked against the file; with several files, one for each, in their order.",
    )


class SealChange(serializers.Serializer):
    labels = serializers.ListField(
        child=serializers.CharField(),
        help_text="Ids of all labels that the documents should have; others are taken off.",
    )


@dataclass(frozen=True, slots=True)
class SealInputs:
    """A request taken apart."""

    documents: list[NewDocument] | NewDigest
    request: SealRequest


def read_inputs(request: Request) -> SealInputs:
    """The inputs of a request; raises `InvalidInput` naming every field that does not fit, `TooManyDocuments` and
    `DocumentTooLarge`.
    """
    check_size(request)
    try:
        body = request.data
    except TooManyFilesSent as error:
        raise TooManyDocuments from error
    if not isinstance(body, Mapping):
        raise _wrong("", "not_an_object", _("Send a JSON object or a multipart form."))
    if isinstance(body.get("file"), UploadedFile) and isinstance(body, QueryDict):
        only_known(body, {"file", "sha256", *FIELDS})
        return SealInputs(uploaded(body), read_request(body))
    if inputs := read_object(body):
        return inputs
    raise _wrong(
        "/file",
        "required",
        _("Send the document as “file” in a multipart form, or as “document”, “documents” or “digest” in JSON."),
    )


def read_object(body: Mapping[str, Any]) -> SealInputs | None:
    """What is to be sealed, in JSON; None when the object holds nothing of the kind. Raises `InvalidInput`."""
    _check_kinds(body)
    if isinstance(digest := body.get("digest"), Mapping):
        only_known(body, {"digest", "document", *FIELDS})
        return SealInputs(_digest(digest, body.get("document", {})), read_request(body))
    if isinstance(document := body.get("document"), Mapping):
        only_known(body, {"document", *FIELDS})
        return SealInputs([_from_json(document, "/document")], read_request(body))
    if isinstance(several := body.get("documents"), list):
        only_known(body, {"documents", *FIELDS})
        return SealInputs([_from_json(each, f"/documents/{n}") for n, each in enumerate(several)], read_request(body))
    return None


def _check_kinds(body: Mapping[str, Any]) -> None:
    objects, lists = _("This must be an object."), _("This must be a list.")
    for name, kind, code, detail in (
        ("digest", Mapping, "not_an_object", objects),
        ("document", Mapping, "not_an_object", objects),
        ("documents", list, "not_a_list", lists),
    ):
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise _wrong(f"/{name}", code, detail)


def uploaded(body: QueryDict) -> list[NewDocument]:
    """The files of a multipart form; `sha256` is not there, or is there once for each of them, in their order."""
    files, digests = body.getlist("file"), body.getlist("sha256")
    if digests and len(digests) != len(files):
        raise _wrong("/sha256", "one_for_each", _("Give one SHA-256 for each file, or none."))
    if not all(isinstance(file, UploadedFile) for file in files):
        raise _wrong("/file", "not_a_file", _("This must be a file."))
    return [
        NewDocument(file.name or "document.pdf", cast("BinaryIO", file), _digest_text(digest))
        for file, digest in zip_longest(cast("list[UploadedFile]", files), digests)
    ]


def _digest_text(digest: object) -> str | None:
    if digest is not None and not isinstance(digest, str):
        raise _wrong("/sha256", "not_a_text", _("This must be a text."))
    return digest or None


def _from_json(document: Any, pointer: str) -> NewDocument:
    if not isinstance(document, Mapping):
        raise _wrong(pointer, "not_an_object", _("This must be an object with name and content."))
    only_known(document, {"name", "content", "sha256"}, pointer)
    content = io.BytesIO(_decoded(document.get("content"), f"{pointer}/content"))
    name = _text(document, "name", pointer) or "document.pdf"
    return NewDocument(name, content, _text(document, "sha256", pointer) or None)


def _digest(digest: Mapping[str, Any], document: Any) -> NewDigest:
    if not isinstance(document, Mapping):
        raise _wrong("/document", "not_an_object", _("This must be an object with a name."))
    only_known(digest, {"algorithm", "value"}, "/digest")
    only_known(document, {"name"}, "/document")
    value = _decoded(digest.get("value"), "/digest/value")
    return NewDigest(_text(document, "name", "/document"), _text(digest, "algorithm", "/digest"), value)


def read_labels(request: Request) -> list[str]:
    """The `labels` of a change; raises `InvalidInput`."""
    body = request.data
    if not isinstance(body, Mapping):
        raise _wrong("", "not_an_object", _("Send a JSON object."))
    only_known(body, {"labels"})
    labels = body.getlist("labels") if isinstance(body, QueryDict) else body.get("labels")
    if not isinstance(labels, list) or not all(isinstance(each, str) and "\0" not in each for each in labels):
        raise _wrong("/labels", "not_a_list", _("Send a list of ids of labels."))
    return labels


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


def read_request(body: Mapping[str, Any]) -> SealRequest:
    """The options of a request; raises `InvalidInput` for what is no text."""
    given = {name: _text(body, name) for name in TEXTS if body.get(name) not in (None, "")}
    known = {field.name for field in fields(SealRequest)}
    texts: dict[str, Any] = {name: value for name, value in given.items() if name in known}
    return SealRequest(**texts, appearance=read_appearance(body.get("appearance")))


def _text(body: Mapping[str, Any], name: str, pointer: str = "") -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise _wrong(f"{pointer}/{name}", "not_a_text", _("This must be a text."))
    return value


def only_known(body: Mapping[str, Any], known: set[str], pointer: str = "") -> None:
    """Refuse fields that mean nothing here, each by its name; raises `InvalidInput`."""
    unknown = [str(name) for name in body if name not in known]
    if unknown:
        detail = _("This field is not known here.")
        raise InvalidInput(errors=[FieldError(f"{pointer}/{name}", "unknown_field", detail) for name in unknown])


def _decoded(content: Any, pointer: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise _wrong(pointer, "not_base64", _("This must be base64.")) from error


def _wrong(pointer: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(pointer, code, detail)])
