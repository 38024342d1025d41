"""A seal as the API tells it, for programs and for the portal's own pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from sealing.queries.labels import LabelView
from sealing.queries.seals import DocumentView, SealView
from sealing.rules.seal_states import SealStatus


class SealDigest(serializers.Serializer):
    algorithm = serializers.CharField()
    value = serializers.CharField(help_text="In base64.")


class SealDocument(serializers.Serializer):
    name = serializers.CharField(help_text="File name, as it was sent.")
    size = serializers.IntegerField(allow_null=True, help_text="Bytes; null when only the digest was sent.")
    sha256 = serializers.CharField(allow_null=True, help_text="SHA-256 in hexadecimal; null when another was sent.")
    digest = SealDigest(required=False, help_text="As it was sent instead of the document.")


class SealTimestamp(serializers.Serializer):
    authority = serializers.CharField()
    serial = serializers.CharField()
    time = serializers.DateTimeField()


class Cause(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class LabelRepresentation(serializers.Serializer):
    """A label of the customer."""

    id = serializers.CharField()
    name = serializers.CharField()


class SealLinks(serializers.Serializer):
    self = serializers.CharField()
    content = serializers.CharField(required=False, help_text="Present once the document is sealed, as those below.")
    report = serializers.CharField(required=False)
    receipt = serializers.CharField(required=False)


class SealRepresentation(serializers.Serializer):
    """A seal; `failure` is set when it was refused or failed, `delay` while it waits for an outside service."""

    id = serializers.CharField()
    status = serializers.ChoiceField([status.value for status in SealStatus])
    format = serializers.CharField(
        help_text="pades: the PDF itself is sealed. asice: a container with the documents. cades: a detached signature."
    )
    level = serializers.CharField()
    live = serializers.BooleanField(help_text="False for test seals, which are never billed.")
    document = SealDocument(allow_null=True, help_text="The document; null when there are several, or it was deleted.")
    documents = SealDocument(many=True, help_text="All documents, in the order in which they came.")
    certificate = serializers.CharField()
    reference = serializers.CharField()
    labels = LabelRepresentation(many=True)
    accepted_at = serializers.DateTimeField()
    sealed_at = serializers.DateTimeField(allow_null=True)
    timestamp = SealTimestamp(allow_null=True)
    archived_until = serializers.DateTimeField(
        allow_null=True, help_text="At B-LTA: until when the newest archive timestamp holds. It is renewed before."
    )
    archiving = serializers.BooleanField(help_text="Whether another archive timestamp is on its way.")
    billable = serializers.BooleanField()
    failure = Cause(allow_null=True)
    delay = Cause(allow_null=True)
    deleted_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when the documents are deleted; names, digests and reference are gone, too."
    )
    links = SealLinks()


def represent(
    seal: SealView, *, self_url: str, sealed_urls: Mapping[str, str], labels: Sequence[LabelView] = ()
) -> dict[str, Any]:
    """The JSON object of `SealRepresentation`; `sealed_urls` are those that lead somewhere once it is sealed."""
    there = seal.status == SealStatus.SEALED and not seal.deleted_at
    links = {"self": self_url, **(sealed_urls if there else {})}
    documents = [represent_document(each) for each in seal.documents] if not seal.deleted_at else []
    return {
        "id": seal.id,
        "status": seal.status,
        "format": seal.format,
        "level": seal.level,
        "live": seal.live,
        "document": documents[0] if len(documents) == 1 else None,
        "documents": documents,
        "certificate": seal.certificate_id,
        "reference": seal.reference,
        "labels": [represent_label(label) for label in labels],
        "accepted_at": seal.accepted_at,
        "sealed_at": seal.sealed_at,
        "timestamp": {
            "authority": seal.timestamp_authority,
            "serial": seal.timestamp_serial,
            "time": seal.timestamp_at,
        }
        if seal.timestamp_at
        else None,
        "archived_until": seal.archived_until,
        "archiving": seal.archiving,
        "billable": seal.billable,
        "failure": represent_cause(seal.failure),
        "delay": represent_cause(seal.delay),
        "deleted_at": seal.deleted_at,
        "links": links,
    }


def represent_label(label: LabelView) -> dict[str, str]:
    """The JSON object of `LabelRepresentation`."""
    return {"id": label.id, "name": label.name}


def represent_document(document: DocumentView) -> dict[str, Any]:
    """The JSON object of `SealDocument`."""
    told = {"name": document.name, "size": document.size, "sha256": document.sha256 or None}
    if document.size is not None:
        return told
    value = base64.b64encode(bytes.fromhex(document.digest)).decode()
    return told | {"digest": {"algorithm": document.digest_algorithm, "value": value}}


def represent_cause(cause: tuple[str, str] | None) -> dict[str, str] | None:
    """The JSON object of `Cause`."""
    return {"code": cause[0], "detail": cause[1]} if cause else None
