"""Which timestamp authority is asked next: the operator's order, with a circuit breaker for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES_TO_OPEN = 3
SHORTEST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Authority:
    """A timestamp authority of the pool and the state of its breaker.

    `position` is the operator's order, lowest first. While `rest_until` lies ahead it is not asked.
    """

    id: str
    name: str
    url: str
    position: int
    failures: int = 0
    rest_until: datetime | None = None
    last_ok_at: datetime | None = None


def in_turn(authorities: Iterable[Authority], *, now: datetime) -> list[Authority]:
    """Those that may be asked now, in the operator's order."""
    ready = (one for one in authorities if one.rest_until is None or one.rest_until <= now)
    return sorted(ready, key=lambda one: one.position)


def rest_after_failure(failures: int, *, lied: bool, now: datetime) -> datetime | None:
    """Until when an authority is left alone after its `failures`-th failure in a row; None keeps it in turn.

    An answer that was wrong (`lied`) opens the breaker at once for the longest time; silence opens it after
    FAILURES_TO_OPEN, first briefly, then twice as long each time.
    """
    if lied:
        return now + LONGEST_REST
    if failures < FAILURES_TO_OPEN:
        return None
    doublings = min(failures - FAILURES_TO_OPEN, 10)
    return now + min(SHORTEST_REST * (1 << doublings), LONGEST_REST)
