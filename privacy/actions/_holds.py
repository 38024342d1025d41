"""Holds in force, and the lock by which a new one comes before an erasure or waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from privacy.actions._retention import Candidate, Spared
from privacy.models import Hold, RetentionItem

_KEY = "hashtextextended('privacy.holds', 0)"
_Covers = Hold.Covers


def spared() -> Spared:
    """What holds in force cover now."""
    found: dict[str, set[str]] = {covers: set() for covers in _Covers.values}
    for covers, subject in Hold.objects.filter(released_at=None).values_list("covers", "subject"):
        found[covers].add(subject)
    return Spared(
        customers=frozenset(found[_Covers.CUSTOMER]),
        people=frozenset(found[_Covers.PERSON]),
        subjects=frozenset(found[_Covers.SUBJECT]),
    )


def is_spared(thing: Candidate | RetentionItem, holds: Spared) -> bool:
    """Whether a hold covers the subject itself, or the customer or person that it is about."""
    everything = holds.customers | holds.people | holds.subjects
    return thing.subject in everything or thing.customer_id in holds.customers or thing.person_id in holds.people


def keep_holds_still() -> None:
    """No hold is placed until the caller's transaction ends: whoever wants to waits for what it erases."""
    _run(f"SELECT pg_advisory_xact_lock_shared({_KEY})")


def wait_for_erasures() -> None:
    """Whatever is erasing at this moment ends first; what follows sees the hold that the caller places."""
    _run(f"SELECT pg_advisory_xact_lock({_KEY})")


@contextmanager
def holds_kept_still() -> Iterator[Spared]:
    """The same for erasing that has transactions of its own, or none: yields what is spared for as long as it lasts."""
    _run(f"SELECT pg_advisory_lock_shared({_KEY})")
    try:
        yield spared()
    finally:
        _run(f"SELECT pg_advisory_unlock_shared({_KEY})")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
