"""Which documents a customer has no room for, oldest first (clause B11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from sealing.models import Seal
from sealing.rules.downloads import fits_one_download
from sealing.rules.excess import beyond
from sealing.rules.seal_states import FINAL, SealStatus


@dataclass(frozen=True, slots=True)
class ExcessSeal:
    """A seal whose files go: bytes of all that is kept of it, and of the sealed file, which is 0 where none is."""

    id: str
    size: int
    sealed_size: int


def excess_seals(room: int, *, limit: int | None = None) -> list[ExcessSeal]:
    """What goes so that the rest fits into `room` bytes: the oldest, and no more than it takes; the first `limit`.

    Of the customer in whose schema this is asked. What is still being sealed counts, but is never among them.
    """
    kept = _kept()
    total = kept.aggregate(total=Sum("kept_size", default=0))["total"]
    ended = kept.filter(status__in=FINAL).order_by("id").values_list("id", "kept_size", "size", "status")[:limit]
    found = (
        ExcessSeal(seal_id, kept_size, (size or 0) if status == SealStatus.SEALED else 0)
        for seal_id, kept_size, size, status in ended
    )
    return list(beyond(found, total=int(total), room=room))


def downloads(seals: list[ExcessSeal]) -> list[list[str]]:
    """The ids of sealed documents, in as few parts as one download each can hold."""
    parts: list[list[str]] = []
    size = 0
    for seal in (each for each in seals if each.sealed_size):
        if not parts or not fits_one_download(len(parts[-1]) + 1, size + seal.sealed_size):
            parts.append([])
            size = 0
        parts[-1].append(seal.id)
        size += seal.sealed_size
    return parts


def deleted_since(actor_id: str, since: datetime) -> int:
    """How many seals' documents this actor has deleted since that moment (UTC)."""
    return int(Seal.objects.filter(deleted_by=actor_id, deleted_at__gte=since).count())


def _kept() -> QuerySet[Any]:
    """Seals with a file that is not deleted, and the bytes of sealed file and originals."""
    originals = Sum("documents__size", filter=Q(documents__object_name__isnull=False), default=0)
    seals = Seal.objects.filter(deleted_at=None).annotate(kept_size=originals + Coalesce("size", 0))
    return seals.filter(kept_size__gt=0)
