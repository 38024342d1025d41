"""Adds one item to a batch: a seal, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from kernel import vault
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.idempotency import IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress
from sealing.actions._batches import BatchClosed, BatchPlace, TooManyItems, own_batch, put_problem_in_batch
from sealing.actions.accept_document import (
    Accepted,
    CertificateNotFound,
    LiveNotAllowed,
    NewDigest,
    NewDocument,
    accept_document,
)
from sealing.gateways.encrypted import encrypt_item_name
from sealing.rules.requests import SealRequest, plain_name

# Said to whoever adds the item, not of the item.
_OF_THE_CALL = (
    *(BatchClosed, TooManyItems, Forbidden, NotFound, LiveNotAllowed),
    *(IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress),
)


@dataclass(frozen=True, slots=True)
class NewItem:
    """One item of a batch: `content` is what is to be sealed, or the refusal that it could not be read for."""

    content: Sequence[NewDocument] | NewDigest | Refusal
    request: SealRequest
    name: str = ""

    @property
    def shown_name(self) -> str:
        """What the item is called when nothing of it was accepted."""
        if self.name or isinstance(self.content, Refusal):
            return plain_name(self.name)
        first = self.content if isinstance(self.content, NewDigest) else self.content[0] if self.content else None
        return plain_name(first.name if first else "")


@dataclass(frozen=True, slots=True)
class Added:
    """The item's seal, or the refusal that is kept with the item."""

    accepted: Accepted | None
    refusal: Refusal | None = None

    @property
    def outcome(self) -> Accepted:
        """The seal; raises the refusal when there is none."""
        if self.accepted is None:
            raise self.refusal or NotFound
        return self.accepted


def add_to_batch(
    *,
    actor: Actor,
    batch_id: str,
    item: NewItem,
    now: datetime,
    position: int | None = None,
    idempotency_key: str | None = None,
) -> Added:
    """Accept one item, in a transaction of its own; what is wrong with it is kept as the item's problem, and free.

    `position` is its place from 0, else it goes behind the last. Raises `NotFound` for a batch that is not the actor's,
    `BatchClosed`, `TooManyItems` and the refusals of `kernel.idempotency`.
    """
    actor.require("seal.create")
    batch, place = own_batch(actor, batch_id), BatchPlace(batch_id, position)
    try:
        if isinstance(item.content, Refusal):
            raise item.content
        accepted = accept_document(
            actor=actor,
            documents=item.content,
            request=item.request,
            live=batch.live,
            idempotency_key=idempotency_key,
            batch=place,
            now=now,
        )
    except Refusal as refusal:
        if isinstance(refusal, _OF_THE_CALL) and not isinstance(refusal, CertificateNotFound):
            raise
        _keep_problem(actor, place, item, refusal, now)
        return Added(None, refusal)
    return Added(accepted)


def _keep_problem(actor: Actor, place: BatchPlace, item: NewItem, refusal: Refusal, now: datetime) -> None:
    vault.have_key_at_hand(actor.customer)
    with transaction.atomic():
        position = own_batch(actor, place.batch_id, locked=True).size if place.position is None else place.position
        put_problem_in_batch(
            actor,
            BatchPlace(place.batch_id, position),
            now=now,
            encrypted_name=encrypt_item_name(actor.customer, place.batch_id, position, item.shown_name),
            problem={
                "code": refusal.code,
                "detail": str(refusal.detail),
                "errors": [asdict(error) for error in refusal.errors],
            },
        )
