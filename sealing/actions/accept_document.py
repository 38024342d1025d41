"""Accepts one or several documents for one seal: stored encrypted, queued, answered at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.admit_live_seal import admit_live_seal
from kernel import audit, idempotency, outbox, vault
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, NotFound, Refusal
from kernel.ids import new_id
from kernel.vault import StoredObject
from sealing.actions._batches import BatchPlace, put_in_batch
from sealing.actions._faults import refuse_faults
from sealing.formats.container import name_fault
from sealing.formats.errors import CODES
from sealing.formats.lettering import missing_letters
from sealing.gateways.encrypted import (
    encrypt_appearance,
    encrypt_name,
    encrypt_options,
    reference_index,
    search_index,
    wishes_of,
)
from sealing.models import Document, Seal
from sealing.queries.seals import SealView, view_of
from sealing.rules.engine import ENGINE_VERSIONS
from sealing.rules.media_types import media_type_of
from sealing.rules.requests import (
    MAX_DOCUMENTS,
    SealRequest,
    chosen_format,
    digest_faults,
    faults,
    format_faults,
    is_pdf,
    plain_name,
)
from trust import queries as trust
from trust.queries import SealingCertificate

MAX_SUBJECT_LENGTH = 300  # what is shown of it; the certificate itself has the whole name
OPERATION = "seals"


class DocumentEmpty(Refusal):
    code = "document_empty"
    title = gettext_lazy("The document is empty.")


class DocumentTooLarge(Refusal):
    code = "document_too_large"
    status = 413
    title = gettext_lazy("The document is larger than allowed.")


class TooManyDocuments(Refusal):
    code = "too_many_documents"
    title = gettext_lazy("These are more documents than one seal can hold.")


class DigestMismatch(Refusal):
    code = "digest_mismatch"
    title = gettext_lazy("The document that arrived is not the one whose SHA-256 was given.")


class CertificateNotFound(NotFound):
    """There is no such certificate among the customer's own of this mode; strangers' are not told apart."""

    def __init__(self) -> None:
        detail = _("You have no certificate of this id for seals of this kind, live or test.")
        super().__init__(detail, errors=[FieldError("/certificate", self.code, detail)])


class LiveNotAllowed(Refusal):
    code = "test_token"
    status = 403
    title = gettext_lazy("A test token cannot make live seals.")


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as it comes in: a seekable file, and if the sender told it, the SHA-256 that it must have (hex)."""

    name: str
    content: BinaryIO
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class NewDigest:
    """A document that stays with its owner: only the digest comes in, as bytes."""

    name: str
    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The seal's id, whether this was an earlier request told again, and if not, the seal as it was queued."""

    seal_id: str
    replayed: bool
    queued: SealView | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class _Received:
    """`file` is None and `size` unknown when only a digest (hex) came."""

    file: BinaryIO | None
    name: str
    size: int | None
    digest_algorithm: str
    digest: str
    is_pdf: bool

    @property
    def fingerprint(self) -> list[str]:
        return [self.name, self.digest] if self.file else [self.name, self.digest_algorithm, self.digest]


def accept_document(
    *,
    actor: Actor,
    documents: Sequence[NewDocument] | NewDigest,
    request: SealRequest,
    now: datetime,
    live: bool = True,
    idempotency_key: str | None = None,
    batch: BatchPlace | None = None,
) -> Accepted:
    """Queue one or several documents for one seal (clauses A2, A3).

    A PDF is sealed itself; anything else, and several documents together, go into a container; a digest gets a detached
    signature. Of a document that the format does not need, only the digest is kept. With `idempotency_key` the same
    request is accepted once. With `batch` the seal becomes an item of it.

    Refusals: `DocumentEmpty`, `DocumentTooLarge`, `TooManyDocuments`, `DigestMismatch`, `LiveNotAllowed`,
    `InvalidInput`, `NoPlan`, `SpendingCapReached`, `CertificateNotFound`, those of
    `trust.queries.sealing_certificate`, of `kernel.idempotency` and of the batch. Nothing is stored when it refuses.
    """
    actor.require("seal.create")
    if live and not actor.live:
        raise LiveNotAllowed
    refuse_faults(faults(request))
    _check_letters(request)
    received, format_ = _receive(documents, request)
    if format_ == "asice":
        _check_names(received)
    key = idempotency.idempotency_key(
        idempotency_key,
        {**wishes_of(request), "live": live, "documents": [document.fingerprint for document in received]},
    )
    with idempotency.once(actor.customer, OPERATION, key) as earlier:
        if earlier:
            return Accepted(earlier, replayed=True)
        if live:
            admit_live_seal(customer_id=actor.customer, now=now)
        certificate = _certificate(actor, request, live=live, now=now)
        with ExitStack() as kept:
            stored = [_store(actor, document, kept) if format_ != "cades" else None for document in received]
            vault.have_key_at_hand(actor.customer)
            kept.enter_context(transaction.atomic())
            seal, queued = _queue(actor, received, stored, request, format_, certificate, now, batch)
            idempotency.remember(actor.customer, OPERATION, key, seal.id, now=now)
    return Accepted(seal.id, replayed=False, queued=view_of(actor, seal, queued))


def _certificate(actor: Actor, request: SealRequest, *, live: bool, now: datetime) -> SealingCertificate:
    try:
        return trust.sealing_certificate(
            customer_id=actor.customer, live=live, certificate_id=request.certificate, now=now
        )
    except NotFound as error:
        raise CertificateNotFound from error


def _check_letters(request: SealRequest) -> None:
    if request.appearance and (missing := missing_letters(request.appearance.text)):
        detail = _("The seal's font has no letter for: %(letters)s") % {"letters": " ".join(missing)}
        raise InvalidInput(errors=[FieldError("/appearance/text", "letters_missing", detail)])


def _receive(documents: Sequence[NewDocument] | NewDigest, request: SealRequest) -> tuple[list[_Received], str]:
    """What came in, and the format that it will be sealed in; refuses whatever does not fit."""
    if isinstance(documents, NewDigest):
        return [_read_digest(documents, request)], request.format or "cades"
    received = _read_all(documents)
    format_ = chosen_format(request.format, [document.is_pdf for document in received])
    refuse_faults(format_faults(request, format_, len(received)))
    return received, format_


def _read_digest(digest: NewDigest, request: SealRequest) -> _Received:
    refuse_faults(digest_faults(request, request.format or "cades", digest.algorithm, len(digest.value)))
    name = plain_name(digest.name)
    return _Received(None, name, None, digest.algorithm, digest.value.hex(), is_pdf(name, b""))


def _read_all(documents: Sequence[NewDocument]) -> list[_Received]:
    if not documents:
        raise InvalidInput(errors=[FieldError("/documents", "required", _("Send at least one document."))])
    if len(documents) > MAX_DOCUMENTS:
        raise TooManyDocuments(_("One seal can hold %(limit)d documents.") % {"limit": MAX_DOCUMENTS})
    _check_sizes([_size(document.content) for document in documents])
    return [_read(document, number) for number, document in enumerate(documents)]


def _check_names(received: Sequence[_Received]) -> None:
    names = [document.name for document in received]
    found = [(number, name_fault(name, names[:number])) for number, name in enumerate(names)]
    if errors := [FieldError(f"/documents/{number}/name", code, _(CODES[code])) for number, code in found if code]:
        raise InvalidInput(errors=errors)


def _size(content: BinaryIO) -> int:
    size = content.seek(0, 2)
    content.seek(0)
    return size


def _check_sizes(sizes: Sequence[int]) -> None:
    if not all(sizes):
        raise DocumentEmpty
    if sum(sizes) > settings.MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(
            _("These are %(size)d bytes, the limit is %(limit)d.")
            % {"size": sum(sizes), "limit": settings.MAX_DOCUMENT_BYTES}
        )


def _read(document: NewDocument, number: int) -> _Received:
    digest, first = hashlib.sha256(), document.content.read(1 << 20)
    part = first
    while part:
        digest.update(part)
        part = document.content.read(1 << 20)
    document.content.seek(0)
    sha256 = digest.hexdigest()
    if document.sha256 and document.sha256.lower() != sha256:
        detail = str(DigestMismatch.title)
        raise DigestMismatch(errors=[FieldError(f"/documents/{number}/sha256", DigestMismatch.code, detail)])
    name = plain_name(document.name)
    return _Received(document.content, name, _size(document.content), "sha256", sha256, is_pdf(name, first))


def _store(actor: Actor, document: _Received, kept: ExitStack) -> StoredObject | None:
    if document.file is None:
        return None
    stored = vault.write_object(actor.customer, document.file)
    kept.enter_context(vault.kept_with_its_row(stored))
    return stored


def _queue(
    actor: Actor,
    received: Sequence[_Received],
    stored: Sequence[StoredObject | None],
    request: SealRequest,
    format_: str,
    certificate: SealingCertificate,
    now: datetime,
    batch: BatchPlace | None,
) -> tuple[Seal, list[Document]]:
    seal_id = new_id("seal")
    seal = Seal.objects.create(
        id=seal_id,
        format=format_,
        level=request.level,
        live=certificate.live,
        certificate_id=certificate.id,
        certificate_subject=certificate.subject[:MAX_SUBJECT_LENGTH],
        engine_version=ENGINE_VERSIONS[format_],
        encrypted_options=encrypt_options(actor.customer, seal_id, request),
        encrypted_appearance=encrypt_appearance(actor.customer, seal_id, request.appearance),
        reference_index=reference_index(actor.customer, request.reference),
        requested_by=actor.id,
        requested_by_name=actor.name,
        accepted_at=now,
    )
    queued = [
        _document(actor, seal, position, document, content, request.reference, now)
        for position, (document, content) in enumerate(zip(received, stored, strict=True))
    ]
    Document.objects.bulk_create(queued)
    audit.record(
        actor=actor,
        action="seal.accepted",
        now=now,
        subject=seal.id,
        details={
            "documents": [{each.digest_algorithm: each.digest, "size": each.size} for each in received],
            "format": seal.format,
            "level": seal.level,
            "live": seal.live,
        },
    )
    outbox.emit(
        "seal.accepted",
        now=now,
        customer_id=actor.customer,
        subject=seal.id,
        payload={"live": seal.live, **({"batch": batch.batch_id} if batch else {})},
        deadline_seconds=settings.SEAL_DEADLINE_SECONDS,
    )
    if batch:  # last, because its row is locked until the commit
        put_in_batch(actor, batch, seal, now=now)
    return seal, queued


def _document(
    actor: Actor,
    seal: Seal,
    position: int,
    document: _Received,
    content: StoredObject | None,
    reference: str,
    now: datetime,
) -> Document:
    document_id = new_id("doc")
    return Document(
        id=document_id,
        seal=seal,
        position=position,
        encrypted_name=encrypt_name(actor.customer, document_id, document.name),
        media_type="application/pdf" if document.is_pdf else media_type_of(document.name),
        size=document.size,
        digest_algorithm=document.digest_algorithm,
        digest=document.digest,
        object_name=content.name if content else None,
        search_index=search_index(actor.customer, document.name, reference),
        created_at=now,
    )
