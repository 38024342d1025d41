"""Accepts a whole batch in one call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kernel import idempotency
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, Refusal
from sealing.actions._batches import TooManyItems, own_batch
from sealing.actions.accept_document import NewDigest
from sealing.actions.add_to_batch import NewItem, add_to_batch
from sealing.actions.close_batch import close_batch
from sealing.actions.open_batch import OPERATION, open_batch
from sealing.gateways.encrypted import wishes_of
from sealing.models import BatchItem
from sealing.rules.batches import MAX_ITEMS
from sealing.rules.requests import SealRequest


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """The batch's id, and whether it was begun by an earlier sending of the same request."""

    batch_id: str
    replayed: bool


def accept_batch(
    *,
    actor: Actor,
    items: Sequence[NewItem],
    request: SealRequest,
    now: datetime,
    live: bool = True,
    idempotency_key: str | None = None,
) -> AcceptedBatch:
    """Open a batch, add every item in a transaction of its own, and close it.

    Sealing begins with the first item. When the call breaks off, what was accepted stays and is sealed; sent again with
    the same `idempotency_key` it goes on where it broke off, until the batch is closed as abandoned. `request` is what
    all items share. Refusals: `InvalidInput` without items, `TooManyItems`, those of `open_batch` and of
    `kernel.idempotency`; what is wrong with an item is the item's own.
    """
    actor.require("seal.create")
    if not items:
        raise InvalidInput(errors=[FieldError("/items", "required", _("Send at least one item."))])
    if len(items) > MAX_ITEMS:
        raise TooManyItems
    key = None
    if idempotency_key is not None:
        told = [_fingerprint(item) for item in items]
        key = idempotency.idempotency_key(idempotency_key, {"live": live, "items": told})
    with idempotency.once(actor.customer, OPERATION, key) as earlier:
        batch_id = earlier or open_batch(actor=actor, live=live, request=request, idempotency_key=key, now=now)
        if earlier is None or own_batch(actor, earlier).closed_at is None:
            there = set(BatchItem.objects.filter(batch_id=batch_id).values_list("position", flat=True))
            for position, item in enumerate(items):
                if position not in there:
                    add_to_batch(actor=actor, batch_id=batch_id, item=item, position=position, now=now)
            close_batch(actor=actor, batch_id=batch_id, now=now)
    return AcceptedBatch(batch_id, replayed=earlier is not None)


def _fingerprint(item: NewItem) -> str:
    """A digest, because a logo that all items share is in the wishes of each."""
    return hashlib.sha256(json.dumps(_told(item), sort_keys=True).encode()).hexdigest()


def _told(item: NewItem) -> list[Any]:
    asked = wishes_of(item.request)
    if isinstance(item.content, Refusal):
        return [asked, item.name, item.content.code]
    if isinstance(item.content, NewDigest):
        return [asked, item.content.name, item.content.algorithm, item.content.value.hex()]
    digests = []
    for document in item.content:
        document.content.seek(0)
        digests.append([document.name, hashlib.file_digest(document.content, "sha256").hexdigest()])  # type: ignore[arg-type]  # reads into no buffer of ours
    return [asked, digests]
