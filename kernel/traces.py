"""What the kernel itself remembers of a customer: events, work done and to do, names of requests.

The audit trail stays: its particulars cannot be read without the customer's key, and its hashes hold (clause C3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Model, Q, QuerySet

from kernel.models import Event, IdempotentRequest, Job

_TO_DO = Q(state__in=[Job.State.QUEUED, Job.State.RUNNING])
_BATCH = 2_000


def forget_traces(customer_id: str, *, carried_on: Sequence[str]) -> dict[str, int]:
    """Delete them in batches, each a transaction of its own; returns how many of each.

    `carried_on` are kinds of job, or what they begin with, that are still run when they wait or run now. Any other that
    runs loses its fence, so that nothing of it is published any more. Events, which nobody can change, go by a function
    of the owner's, and only of who has no key any more.
    """
    found = {"events": _forget_events(customer_id)}
    return found | {name: in_batches(rows) for name, rows in _traces(customer_id, carried_on) if name not in found}


def traces_left(customer_id: str, *, carried_on: Sequence[str]) -> Mapping[str, int]:
    """How many of each are there that `forget_traces` would delete."""
    return {name: rows.count() for name, rows in _traces(customer_id, carried_on)}


def in_batches(rows: QuerySet[Model]) -> int:
    """Delete the rows without holding many locks at once; returns how many. Of two at once each deletes a part."""
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[1].get(rows.model._meta.label, 0)
    return deleted


def _forget_events(customer_id: str) -> int:
    deleted, last = 0, _BATCH
    while last == _BATCH:
        with connection.cursor() as cursor:
            cursor.execute("SELECT kernel_forget_events(%s, %s)", [customer_id, _BATCH])
            last = cursor.fetchone()[0]
        deleted += last
    return deleted


def _traces(customer_id: str, carried_on: Sequence[str]) -> Iterator[tuple[str, QuerySet[Model]]]:
    yield "events", Event.objects.filter(customer_id=customer_id)
    kinds = reduce(or_, (Q(kind__startswith=beginning) for beginning in carried_on), Q(pk=None))
    yield "jobs", Job.objects.filter(customer_id=customer_id).exclude(kinds & _TO_DO)
    yield "requests", IdempotentRequest.objects.filter(customer_id=customer_id)
