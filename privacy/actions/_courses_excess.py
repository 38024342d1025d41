"""What exceeds the storage of a smaller plan (clause B11). Billing gives the notices, this only looks that it did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.conf import settings

from billing.actions.end_excess import end_excess
from billing.actions.hold_excess import hold_excess
from billing.queries.excess import Excess, count_excesses, is_standing, standing_excess, standing_excesses
from kernel.actor import Actor
from kernel.tenancy.context import customer_schema
from privacy.actions._retention import Candidate, Course, Step
from privacy.models import RetentionItem
from sealing.actions.delete_documents import delete_documents
from sealing.actions.destroy_objects import destroy_objects
from sealing.queries.excess import deleted_since, excess_seals

_NAME = "privacy.erase_excess"


def _actor(customer_id: str) -> Actor:
    """The operator, by whose name members see who deleted a document."""
    return Actor(kind="system", id=_NAME, name=settings.OPERATOR_NAME, customer_id=customer_id)


def _candidates(now: datetime) -> Iterator[Candidate]:
    return (_candidate(each) for each in standing_excesses(now=now))


def _looked_at(subject: str, now: datetime) -> Candidate | None:
    excess = standing_excess(subject, now=now)
    return _candidate(excess) if excess is not None else None


def _candidate(excess: Excess) -> Candidate:
    return Candidate(
        subject=excess.id,
        customer_id=excess.customer_id,
        event_on=excess.reduced_on,
        cycle=excess.reduced_on.isoformat(),
    )


def _seize(item: RetentionItem, now: datetime) -> bool:
    """Nobody is shut out: only this downgrade is held. Where by now everything fits it is over, and nothing goes."""
    excess = hold_excess(actor=_actor(item.customer_id), excess_id=item.subject, now=now)
    if excess is None:
        return False
    if _oldest_beyond(excess):
        return True
    end_excess(actor=_actor(item.customer_id), excess_id=item.subject, erased=0, now=now)
    return False


def _oldest_beyond(excess: Excess) -> str | None:
    """The oldest document that has to go; None where the rest fits."""
    if excess.room is None:
        return None
    with customer_schema(excess.customer_id):
        return next((each.id for each in excess_seals(excess.room, limit=1)), None)


def _delete(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    """Looks anew before each: whoever deletes something else or takes a larger plan meanwhile keeps the rest."""
    actor, count = _actor(item.customer_id), 0
    while (excess := standing_excess(item.subject, now=now)) is not None and (oldest := _oldest_beyond(excess)):
        with customer_schema(item.customer_id):
            delete_documents(actor=actor, seal_id=oldest, now=now)
            destroy_objects(actor=actor, seal_id=oldest, now=now)
        count += 1
    return {"seals": count}


def _close(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    excess = standing_excess(item.subject, now=now)
    if excess is not None and excess.last_notice_at is not None:
        with customer_schema(item.customer_id):
            erased = deleted_since(_NAME, excess.last_notice_at)
        end_excess(actor=_actor(item.customer_id), excess_id=item.subject, erased=erased, now=now)
    return {}


def _left(subject: str) -> Mapping[str, int]:
    return {"billing_storageexcess": int(is_standing(subject))}


EXCESS = Course(
    rule="downgrade_excess",
    kind="excess",
    candidates=_candidates,
    candidate=_looked_at,
    population=count_excesses,
    seize=_seize,
    steps=(
        Step(name="delete_documents", words="The oldest documents, until the rest fits the plan", act=_delete),
        Step(name="end_excess", words="The customer is told", act=_close),
    ),
    left=_left,
)
