"""One seal, and the newest, as members and programs see them (see `visibility`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_lazy, ngettext

from kernel import vault
from kernel.actor import Actor
from kernel.errors import NotFound, Outage, Refusal
from sealing.gateways.encrypted import name_of, options_of, reference_index
from sealing.models import Document, Seal, SealArchiving, SealAttempt
from sealing.queries.visibility import visible
from sealing.rules.archiving import can_be_archived
from sealing.rules.requests import RESULT_MEDIA_TYPES, result_format, sealed_name
from sealing.rules.seal_states import UNFINISHED, SealStatus, is_billable

PAGE_SIZE = 50


class NotSealedYet(Refusal):
    code = "not_sealed"
    status = 409
    title = gettext_lazy("There is no sealed file yet.")


class DocumentDeleted(Refusal):
    code = "document_deleted"
    status = 410
    title = gettext_lazy("This document was deleted for good.")


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One document of a seal, as it was sent: size in bytes (None if only a digest was), digest in hex."""

    name: str
    size: int | None
    digest_algorithm: str
    digest: str
    kept: bool

    @property
    def sha256(self) -> str:
        """The digest when it is a SHA-256, else nothing."""
        return self.digest if self.digest_algorithm == "sha256" else ""


@dataclass(frozen=True, slots=True)
class SealView:
    """A seal as shown. Times in UTC, sizes in bytes, digests in hex; `failure` is (code, detail) of an end without
    a seal, `delay` of an outage that it waits for. `archived_until` is when the certificate of the newest archive
    timestamp ends, `archiving` whether another one is on its way."""

    id: str
    status: str
    format: str
    level: str
    live: bool
    billable: bool
    documents: tuple[DocumentView, ...]
    reference: str
    certificate_id: str
    certificate_subject: str
    requested_by: str
    requested_by_name: str
    accepted_at: datetime
    sealed_at: datetime | None
    sealed_size: int | None
    sealed_sha256: str
    timestamp_authority: str
    timestamp_serial: str
    timestamp_at: datetime | None
    archived_until: datetime | None
    archiving: bool
    failure: tuple[str, str] | None
    delay: tuple[str, str] | None
    deleted_at: datetime | None
    deleted_by_name: str

    @property
    def name(self) -> str:
        """What the seal is called in lists: its first document, and how many more there are."""
        if self.deleted_at:
            return gettext("Deleted document")
        return shown_name([document.name for document in self.documents])

    @property
    def size(self) -> int:
        """Bytes of all documents together, as far as they are known."""
        return sum(document.size or 0 for document in self.documents)

    @property
    def from_digest(self) -> bool:
        """Whether we were never given the document, or did not keep it: what comes back is a detached signature."""
        return not self.documents[0].kept

    @property
    def can_be_archived(self) -> bool:
        """Whether there is a file, and a place in it for another archive timestamp."""
        algorithm, kept = self.documents[0].digest_algorithm, not self.from_digest
        return self.status == SealStatus.SEALED and can_be_archived(
            format_=self.format, digest_algorithm=algorithm, kept=kept
        )

    @property
    def result_media_type(self) -> str:
        """The media type of what comes back."""
        return RESULT_MEDIA_TYPES[result_format(self.format, from_digest=self.from_digest)]


def shown_name(names: Sequence[str]) -> str:
    """What several documents together are called: the first, and how many more there are."""
    first, others = names[0], len(names) - 1
    if not others:
        return first
    return ngettext("%(name)s and %(count)d more", "%(name)s and %(count)d more", others) % {
        "name": first,
        "count": others,
    }


@dataclass(frozen=True, slots=True)
class SealPage:
    """One page of seals, newest first, and the id after which the next begins."""

    items: list[SealView]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class SealedContent:
    """The sealed file: its name, media type, size in bytes and parts."""

    name: str
    media_type: str
    size: int
    parts: Iterator[bytes]


def _row(actor: Actor, seal_id: str, *, ordered: bool = False) -> Seal:
    row = visible(actor, ordered=ordered).prefetch_related("documents").filter(id=seal_id).first()
    if row is None:
        raise NotFound
    return row


def seal(actor: Actor, seal_id: str, *, ordered: bool = False) -> SealView:
    """One seal; raises `NotFound` for a stranger's.

    `ordered`: it answers the actor's own order, for which `seal.create` is enough.
    """
    row = _row(actor, seal_id, ordered=ordered)
    return view_of(actor, row, row.documents.all())


def seals(
    actor: Actor,
    *,
    status: str = "",
    reference: str = "",
    created_after: datetime | None = None,
    ids: tuple[str, ...] | None = None,
    after: str | None = None,
    limit: int = PAGE_SIZE,
) -> SealPage:
    """The actor's seals, newest first; `after` is the last id of the page before."""
    rows = visible(actor).filter(deleted_at=None).prefetch_related("documents").order_by("-id")
    if status:
        rows = rows.filter(status=status)
    if reference:
        rows = rows.filter(reference_index=reference_index(actor.customer, reference))
    if created_after:
        rows = rows.filter(accepted_at__gt=created_after)
    if ids is not None:
        rows = rows.filter(id__in=ids)
    if after:
        rows = rows.filter(id__lt=after)
    found = list(rows[: limit + 1])
    return SealPage(
        [view_of(actor, row, row.documents.all()) for row in found[:limit]],
        found[limit - 1].id if len(found) > limit else None,
    )


def sealed_content(actor: Actor, seal_id: str, *, ordered: bool = False) -> SealedContent:
    """The sealed file of a seal; raises `NotFound`, `NotSealedYet` while there is none, and
    `DocumentDeleted`. `ordered`: as in `seal`.
    """
    row = _row(actor, seal_id, ordered=ordered)
    if row.deleted_at:
        raise DocumentDeleted
    if row.status != SealStatus.SEALED or row.object_name is None:
        raise NotSealedYet
    parts = vault.read_object(actor.customer, row.object_name)
    media_type = RESULT_MEDIA_TYPES[_result_format(row)]
    return SealedContent(sealed_file_name(actor.customer, row), media_type, row.size or 0, parts)


def sealed_file_name(customer_id: str, row: Seal) -> str:
    """What the sealed file of a row that is not deleted is called, wherever it is handed out. Raises `Outage`."""
    result = _result_format(row)
    container = options_of(customer_id, row)["container"] if result == "asice" else ""
    return sealed_name(name_of(customer_id, row.documents.all()[0]), result, container)


def _result_format(row: Seal) -> str:
    return result_format(row.format, from_digest=row.documents.all()[0].object_name is None)


def attempts_of(actor: Actor, seal_id: str) -> list[dict[str, object]]:
    """The recorded attempts of a seal that the actor sees, oldest first: when, and with what outcome."""
    attempts = SealAttempt.objects.filter(seal__in=visible(actor).filter(id=seal_id)).order_by("id")
    return [dict(attempt) for attempt in attempts.values("started_at", "ended_at", "outcome")]


def is_being_archived(seal_id: str) -> bool:
    """Whether another archive timestamp is on its way, read in the current customer's schema."""
    return SealArchiving.objects.filter(seal_id=seal_id, ended_at=None).exists()


def archivings_of(actor: Actor, seal_id: str) -> list[dict[str, object]]:
    """The archive timestamps ordered for a seal that the actor sees, oldest first: when, and with what outcome."""
    archivings = SealArchiving.objects.filter(seal__in=visible(actor).filter(id=seal_id)).order_by("id")
    return [dict(each) for each in archivings.values("ordered_at", "ended_at", "outcome")]


def is_finished(seal_id: str) -> bool:
    """Whether the seal has reached an end, read in the current customer's schema."""
    return not Seal.objects.filter(id=seal_id, status__in=UNFINISHED).exists()


def _words(customer_id: str, row: Seal, documents: Iterable[Document]) -> tuple[list[str], str]:
    """Names and reference; without the HSM they cannot be read, while everything else can."""
    if row.deleted_at:
        return ["" for _document in documents], ""
    try:
        return [name_of(customer_id, document) for document in documents], options_of(customer_id, row)["reference"]
    except Outage:
        return [document.id for document in documents], ""


def view_of(actor: Actor, row: Seal, documents: Iterable[Document]) -> SealView:
    """A row that the actor may see, with its documents, as shown."""
    names, reference = _words(actor.customer, row, documents)
    return SealView(
        id=row.id,
        status=row.status,
        format=row.format,
        level=row.level,
        live=row.live,
        billable=is_billable(SealStatus(row.status), live=row.live),
        documents=tuple(
            DocumentView(name, each.size, each.digest_algorithm, each.digest, kept=_was_kept(row, each))
            for name, each in zip(names, documents, strict=True)
        ),
        reference=reference,
        certificate_id=row.certificate_id,
        certificate_subject=row.certificate_subject,
        requested_by=row.requested_by,
        requested_by_name=row.requested_by_name,
        accepted_at=row.accepted_at,
        sealed_at=row.sealed_at,
        sealed_size=row.size,
        sealed_sha256=row.sha256,
        timestamp_authority=row.timestamp_authority,
        timestamp_serial=row.timestamp_serial,
        timestamp_at=row.timestamp_at,
        archived_until=row.archived_until,
        archiving=getattr(row, "archiving", False),  # what was accepted this moment was not asked
        failure=_cause(row.failure_code, row.failure_detail),
        delay=_cause(row.delay_code, row.delay_detail),
        deleted_at=row.deleted_at,
        deleted_by_name=row.deleted_by_name,
    )


def _was_kept(row: Seal, document: Document) -> bool:
    """Whether we were given the document and kept it; of a deleted one only its size still tells."""
    return document.object_name is not None or (row.deleted_at is not None and document.size is not None)


def _cause(code: str, detail: str) -> tuple[str, str] | None:
    """Code and detail for the reader; a job, which has no reader, has written the detail untranslated."""
    return (code, gettext(detail) if detail else "") if code else None
