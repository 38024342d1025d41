"""Compares the storage with the rows that name its objects, both ways."""

from __future__ import annotations

import hashlib
import logging
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeVar

from kernel import audit, stored_objects, vault
from kernel.actor import Actor
from kernel.errors import Outage
from privacy.actions._named_objects import Naming, naming_of
from privacy.rules.storage import is_abandoned, may_delete

logger = logging.getLogger(__name__)

_Each = TypeVar("_Each")
_AT_ONCE = 5_000
_TOLD = 20


@dataclass(slots=True)
class Comparison:
    """What was found: `missing` names objects that are not there, `strange` owners whose objects wait for a person."""

    objects: int = 0
    deleted: int = 0
    missing: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def compare_storage(*, now: datetime) -> Comparison:
    """Delete objects older than 24 hours that no row names, and tell of rows whose object is gone (clause D3).

    A transaction that failed without a word leaves the first; the second are never touched. Owner by owner, with eight
    bytes an object in memory. Not inside a transaction. Raises `StorageAway`; an owner whose schema is being migrated
    waits for the next time.
    """
    found = Comparison()
    for owner in stored_objects.owners():
        naming = naming_of(owner)
        if naming is None:
            found.strange.append(owner)
            continue
        try:
            with naming.where():
                _compare(owner, naming, now, found)
        except vault.StorageAway:
            raise
        except Outage:
            continue
    if found.deleted or found.missing or found.strange:
        _tell(found, now)
    return found


def _compare(owner: str, naming: Naming, now: datetime, found: Comparison) -> None:
    there, abandoned = array("Q"), []
    for listed in _in_parts(stored_objects.objects_of(owner)):
        there.extend(_short(name) for name, _at in listed)
        old = [name for name, written_at in listed if is_abandoned(written_at, now)]
        known = naming.named(old)
        abandoned += [name for name in old if name not in known]
    found.objects += len(there)
    if may_delete(len(abandoned), len(there), owner_is_closed=naming.closed):
        for names in _in_parts(abandoned):
            known = naming.named(names)  # once more: nothing is deleted that is named by now
            for name in names:
                if name not in known:
                    vault.delete_object(name)
                    found.deleted += 1
    else:
        found.strange.append(owner)
    there = array("Q", sorted(there))
    found.missing += [name for name in naming.all_names() if not _is_in(there, name) and _is_missing(name, naming)]


def _is_missing(name: str, naming: Naming) -> bool:
    """It may have come, or its row gone, since the storage was listed."""
    return not stored_objects.is_there(name) and bool(naming.named([name]))


def _in_parts(every: Iterable[_Each]) -> Iterator[list[_Each]]:
    left = iter(every)
    while part := list(islice(left, _AT_ONCE)):
        yield part


def _short(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def _is_in(sorted_names: array[int], name: str) -> bool:
    wanted = _short(name)
    place = bisect_left(sorted_names, wanted)
    return place < len(sorted_names) and sorted_names[place] == wanted


def _tell(found: Comparison, now: datetime) -> None:
    if found.missing or found.strange:
        logger.error(
            "Storage: %d objects are missing (%s); looked at by nobody yet: %s",
            len(found.missing),
            ", ".join(found.missing[:_TOLD]),
            ", ".join(found.strange[:_TOLD]) or "none",
        )
    audit.record(
        actor=Actor.system("privacy.compare_storage"),
        action="storage.compared",
        now=now,
        details={
            "objects": found.objects,
            "deleted": found.deleted,
            "missing": len(found.missing),
            "names": found.missing[:_TOLD],
            "strange": found.strange[:_TOLD],
        },
    )
