"""What members and programs see of batches: their own, or with `seal.read_all` their customer's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext

from kernel.actor import Actor
from kernel.errors import FieldError, NotFound, Outage
from sealing.gateways.encrypted import item_name_of, name_of
from sealing.models import Batch, BatchItem
from sealing.queries.seals import shown_name
from sealing.rules.seal_states import SealStatus

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item: `seal_id` is None when it was not accepted; `failure` is (code, detail) of an end without a seal.

    Of a document that was deleted since the name is gone; `status` stays.
    """

    position: int
    name: str
    seal_id: str | None
    status: str
    failure: tuple[str, str] | None
    errors: tuple[FieldError, ...]
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch; `counts` are its items by status, zero included. `closed`: no more will come. `deleted` is how many of
    the sealed ones were deleted since."""

    id: str
    live: bool
    closed: bool
    counts: dict[str, int]
    deleted: int
    requested_by_name: str
    opened_at: datetime
    finished_at: datetime | None

    @property
    def status(self) -> str:
        return "finished" if self.finished_at else "running"

    @property
    def size(self) -> int:
        """All items so far."""
        return sum(self.counts.values())

    @property
    def sealed(self) -> int:
        return self.counts[SealStatus.SEALED]

    @property
    def downloadable(self) -> int:
        """Sealed files that are still there."""
        return self.sealed - self.deleted

    @property
    def ended(self) -> int:
        """Items of which nothing more is to be expected."""
        return self.sealed + self.unsealed

    @property
    def unsealed(self) -> int:
        """Items that ended without a seal, free."""
        return self.counts[SealStatus.REFUSED] + self.counts[SealStatus.FAILED]


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One page of batches, newest first, and the id after which the next begins."""

    items: list[BatchView]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some items of a batch in their order, and the position after which the next begin."""

    items: list[ItemView]
    next_after: int | None


def _visible(actor: Actor, *, ordered: bool = False) -> QuerySet[Batch]:
    actor.require("seal.create" if ordered else "seal.read")
    rows = Batch.objects.all() if actor.live else Batch.objects.filter(live=False)
    return rows if actor.may("seal.read_all") else rows.filter(requested_by=actor.id)


def batch_row(actor: Actor, batch_id: str, *, ordered: bool = False) -> Batch:
    """The row of a batch that the actor may see; raises `NotFound`."""
    row = _visible(actor, ordered=ordered).filter(id=batch_id).first()
    if row is None:
        raise NotFound
    return row


def batch(actor: Actor, batch_id: str, *, ordered: bool = False) -> BatchView:
    """One batch; raises `NotFound` for a stranger's. `ordered`: it answers the actor's own order."""
    return _views([batch_row(actor, batch_id, ordered=ordered)])[0]


def batches(actor: Actor, *, after: str | None = None, limit: int = 50) -> BatchPage:
    """The actor's batches, newest first; `after` is the last id of the page before."""
    rows = _visible(actor).order_by("-id")
    found = list((rows.filter(id__lt=after) if after else rows)[: limit + 1])
    return BatchPage(_views(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def items_of(
    actor: Actor, batch_id: str, *, after: int | None = None, limit: int | None = PAGE_SIZE, ordered: bool = False
) -> ItemPage:
    """Items behind the position `after`, all of them without a `limit`. Raises `NotFound` for a stranger's batch."""
    rows = item_rows(batch_row(actor, batch_id, ordered=ordered), after=after)
    found = list(rows if limit is None else rows[: limit + 1])
    more = limit is not None and len(found) > limit
    return ItemPage(
        [item_view(actor.customer, row) for row in found[:limit]], found[:limit][-1].position if more else None
    )


def counts_of(batch_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """By batch, how many items are in each status, zero included; what was not accepted is refused."""
    counts = {batch_id: dict.fromkeys((status.value for status in SealStatus), 0) for batch_id in batch_ids}
    found = BatchItem.objects.filter(batch_id__in=batch_ids).order_by().values_list("batch_id", "seal__status")
    for batch_id, status, count in found.annotate(Count("id")):
        counts[batch_id][status or SealStatus.REFUSED.value] += count
    return counts


def _deleted_of(batch_ids: Collection[str]) -> dict[str, int]:
    """By batch, how many of its sealed documents were deleted since."""
    gone = BatchItem.objects.filter(
        batch_id__in=batch_ids, seal__status=SealStatus.SEALED, seal__deleted_at__isnull=False
    )
    return dict(gone.order_by().values_list("batch_id").annotate(Count("id")))


def item_rows(row: Batch, *, after: int | None = None) -> QuerySet[BatchItem]:
    """The items of a batch in their order, with all that `item_view` needs."""
    items = BatchItem.objects.filter(batch=row).select_related("seal").prefetch_related("seal__documents")
    return (items if after is None else items.filter(position__gt=after)).order_by("position")


def item_view(customer_id: str, row: BatchItem) -> ItemView:
    """One item as shown; without the HSM its name cannot be read, while everything else can."""
    if row.seal is None:
        problem: dict[str, Any] = row.problem or {}
        errors = tuple(FieldError(**error) for error in problem["errors"])
        cause = (problem["code"], problem["detail"])
        return ItemView(row.position, _name(customer_id, row), None, SealStatus.REFUSED, cause, errors)
    seal = row.seal
    failure = (seal.failure_code, gettext(seal.failure_detail)) if seal.failure_code else None
    name = "" if seal.deleted_at else _name(customer_id, row)
    return ItemView(row.position, name, seal.id, seal.status, failure, (), seal.deleted_at)


def _name(customer_id: str, row: BatchItem) -> str:
    try:
        if row.seal is None:
            return item_name_of(customer_id, row)
        names = [name_of(customer_id, document) for document in row.seal.documents.all()]
    except Outage:
        return row.seal_id or str(row.position + 1)
    return shown_name(names)


def _views(rows: Sequence[Batch]) -> list[BatchView]:
    batch_ids = [row.id for row in rows]
    counts, deleted = counts_of(batch_ids), _deleted_of(batch_ids)
    return [
        BatchView(
            id=row.id,
            live=row.live,
            closed=row.closed_at is not None,
            counts=counts[row.id],
            deleted=deleted.get(row.id, 0),
            requested_by_name=row.requested_by_name,
            opened_at=row.opened_at,
            finished_at=row.finished_at,
        )
        for row in rows
    ]
