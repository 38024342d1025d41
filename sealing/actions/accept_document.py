"""Accepts a document for sealing: stored encrypted, queued, answered at once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.record_usage import NoPlan
from billing.queries import plan_in_force
from kernel import audit, idempotency, outbox, vault
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, Refusal
from kernel.ids import new_id
from kernel.vault import StoredObject
from sealing.gateways.encrypted import encrypt_name, encrypt_options, reference_index
from sealing.models import Document, Seal
from sealing.rules.engine import ENGINE_VERSION
from sealing.rules.requests import SealRequest, faults, plain_name
from trust import queries as trust
from trust.queries import SealingCertificate

OPERATION = "seals"


class DocumentEmpty(Refusal):
    code = "document_empty"
    title = gettext_lazy("The document is empty.")


class DocumentTooLarge(Refusal):
    code = "document_too_large"
    status = 413
    title = gettext_lazy("The document is larger than allowed.")


class DigestMismatch(Refusal):
    code = "digest_mismatch"
    title = gettext_lazy("The document that arrived is not the one whose SHA-256 was given.")


class LiveNotAllowed(Refusal):
    code = "test_token"
    status = 403
    title = gettext_lazy("A test token cannot make live seals.")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The seal's id, and whether this was an earlier request told again."""

    seal_id: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Content:
    file: BinaryIO
    name: str
    sha256: str


def accept_document(
    *,
    actor: Actor,
    name: str,
    content: BinaryIO,
    request: SealRequest,
    now: datetime,
    live: bool = True,
    sha256: str | None = None,
    idempotency_key: str | None = None,
) -> Accepted:
    """Queue a document (a seekable file) for sealing (clauses A2, A3).

    `sha256` (hex), when given, must be the document's. With `idempotency_key` the same request is accepted once.
    Refusals: `DocumentEmpty`, `DocumentTooLarge`, `DigestMismatch`, `LiveNotAllowed`, `InvalidInput`, `NoPlan`, those
    of `trust.queries.sealing_certificate` and of `kernel.idempotency`. Nothing is stored when it refuses.
    """
    actor.require("seal.create")
    if live and not actor.live:
        raise LiveNotAllowed
    _check(request)
    received = _Content(content, plain_name(name), _measured_sha256(content))
    if sha256 and sha256.lower() != received.sha256:
        raise DigestMismatch
    key = idempotency.idempotency_key(
        idempotency_key, {**asdict(request), "live": live, "name": received.name, "sha256": received.sha256}
    )
    with idempotency.once(actor.customer, OPERATION, key) as earlier:
        if earlier:
            return Accepted(earlier, replayed=True)
        if live and plan_in_force(customer_id=actor.customer, now=now) is None:
            raise NoPlan
        certificate = trust.sealing_certificate(
            customer_id=actor.customer, live=live, certificate_id=request.certificate, now=now
        )
        stored = vault.write_object(actor.customer, content)
        with vault.kept_with_its_row(stored), transaction.atomic():
            seal = _queue(actor, received, stored, request, certificate, now)
            idempotency.remember(actor.customer, OPERATION, key, seal.id, now=now)
    return Accepted(seal.id, replayed=False)


def _check(request: SealRequest) -> None:
    sentences = {
        "format_unknown": _("This format is not offered."),
        "level_unknown": _("This level is not offered."),
        "too_long": _("This text is too long."),
        "control_characters": _("This text contains control characters."),
    }
    if found := faults(request):
        raise InvalidInput(errors=[FieldError(f"/{f.field}", f.code, sentences[f.code]) for f in found])


def _measured_sha256(content: BinaryIO) -> str:
    content.seek(0, 2)
    size = content.tell()
    content.seek(0)
    if not size:
        raise DocumentEmpty
    if size > settings.MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(
            _("The document has %(size)d bytes, the limit is %(limit)d.")
            % {"size": size, "limit": settings.MAX_DOCUMENT_BYTES}
        )
    digest = hashlib.sha256()
    while part := content.read(1 << 20):
        digest.update(part)
    content.seek(0)
    return digest.hexdigest()


def _queue(
    actor: Actor,
    received: _Content,
    stored: StoredObject,
    request: SealRequest,
    certificate: SealingCertificate,
    now: datetime,
) -> Seal:
    document_id, seal_id = new_id("doc"), new_id("seal")
    document = Document.objects.create(
        id=document_id,
        encrypted_name=encrypt_name(actor.customer, document_id, received.name),
        media_type="application/pdf",
        size=stored.size,
        sha256=stored.sha256,
        object_name=stored.name,
        created_at=now,
    )
    seal = Seal.objects.create(
        id=seal_id,
        document=document,
        format=request.format,
        level=request.level,
        live=certificate.live,
        certificate_id=certificate.id,
        certificate_subject=certificate.subject,
        engine_version=ENGINE_VERSION,
        encrypted_options=encrypt_options(actor.customer, seal_id, request),
        reference_index=reference_index(actor.customer, request.reference),
        requested_by=actor.id,
        requested_by_name=actor.name,
        accepted_at=now,
    )
    audit.record(
        actor=actor,
        action="seal.accepted",
        now=now,
        subject=seal.id,
        details={"sha256": stored.sha256, "size": stored.size, "level": seal.level, "live": seal.live},
    )
    outbox.emit(
        "seal.accepted",
        now=now,
        customer_id=actor.customer,
        subject=seal.id,
        deadline_seconds=settings.SEAL_DEADLINE_SECONDS,
    )
    return seal
