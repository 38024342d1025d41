"""The list of documents, as members and programs find and export them, and what there is of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Sum

from kernel.actor import Actor
from kernel.errors import NotFound
from sealing.models import Document, Seal, SealLabel, SealShare
from sealing.queries.labels import LabelView, labels_of
from sealing.queries.seals import PAGE_SIZE, SealView, view_of
from sealing.queries.visibility import Selection, selected, visible

EXPORTED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Share:
    """A member with whom documents are shared, by whom and when (UTC)."""

    member_id: str
    member_name: str
    shared_by_name: str
    shared_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A seal in the list: its labels, whether the reader has it because it was shared with them, whether they share
    it with others, and whether they may label, share and delete it.
    """

    seal: SealView
    labels: tuple[LabelView, ...]
    shared_with_me: bool
    shared: bool
    manageable: bool


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One page of the list, newest first, all labels of the customer, and the id after which the next page begins."""

    items: list[DocumentRow]
    labels: list[LabelView]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept for a customer: seals with a file, and bytes of all originals and sealed files."""

    seals: int
    size: int


def documents_page(
    actor: Actor, selection: Selection, *, after: str | None = None, limit: int = PAGE_SIZE
) -> DocumentPage:
    """The selected documents that the actor sees; `after` is the last id of the page before."""
    rows = selected(actor, selection)
    if after:
        rows = rows.filter(id__lt=after)
    labels = labels_of(actor)
    found = list(_with_marks(rows)[: limit + 1])
    items = _rows(actor, found[:limit], labels)
    return DocumentPage(items, labels, found[limit - 1].id if len(found) > limit else None)


def every_document(actor: Actor, selection: Selection) -> Iterator[DocumentRow]:
    """All selected documents, fetched a few hundred at a time, for an export."""
    after: str | None = None
    while True:
        page = documents_page(actor, selection, after=after, limit=EXPORTED_AT_ONCE)
        yield from page.items
        after = page.next_after
        if after is None:
            return


def document_row(actor: Actor, seal_id: str) -> DocumentRow:
    """One seal as it would stand in the list, deleted or not; raises `NotFound`."""
    found = list(_with_marks(visible(actor).filter(id=seal_id)))
    if not found:
        raise NotFound
    return _rows(actor, found, labels_of(actor))[0]


def shares_of(actor: Actor, seal_id: str) -> list[Share]:
    """With whom a seal's documents are shared, for everybody who sees it; by name."""
    shares = SealShare.objects.filter(seal__in=visible(actor).filter(id=seal_id)).order_by("member_name", "id")
    return [Share(each.member_id, each.member_name, each.shared_by_name, each.shared_at) for each in shares]


def stored_of(actor: Actor) -> Stored:
    """What is kept of the seals that the actor sees, summed from the rows, so that it is always right."""
    sealed = Q(position=0, seal__object_name__isnull=False)  # each seal once: all have a first document
    total = Document.objects.filter(seal__in=visible(actor)).aggregate(
        seals=Count("id", filter=sealed),
        sealed=Sum("seal__size", filter=sealed, default=0),
        originals=Sum("size", filter=Q(object_name__isnull=False), default=0),
    )
    return Stored(total["seals"], int(total["sealed"] + total["originals"]))


def stored_bytes() -> int:
    """What is kept for the customer in whose schema this is asked, originals and sealed files, in bytes (B7)."""
    sealed = Seal.objects.filter(object_name__isnull=False).aggregate(size=Sum("size", default=0))["size"]
    originals = Document.objects.filter(object_name__isnull=False).aggregate(size=Sum("size", default=0))["size"]
    return int(sealed) + int(originals)


def _with_marks(rows: QuerySet[Seal]) -> QuerySet[Seal]:
    """Rows with their documents, and the ids of their labels and of the members they are shared with."""
    labels = SealLabel.objects.filter(seal_id=OuterRef("pk")).values("label_id")
    members = SealShare.objects.filter(seal_id=OuterRef("pk")).values("member_id")
    marked: QuerySet[Seal] = rows.annotate(label_ids=ArraySubquery(labels), member_ids=ArraySubquery(members))
    return marked.prefetch_related("documents")


def _rows(actor: Actor, found: Sequence[Any], labels: Sequence[LabelView]) -> list[DocumentRow]:
    return [
        DocumentRow(
            seal=view_of(actor, seal, seal.documents.all()),
            labels=tuple(label for label in labels if label.id in seal.label_ids),
            shared_with_me=actor.id in seal.member_ids,
            shared=bool(seal.member_ids),
            manageable=actor.may("seal.manage_all") or (actor.may("seal.create") and seal.requested_by == actor.id),
        )
        for seal in found
    ]
