"""Which timestamp authority is asked next: the operator's order, with a circuit breaker and a quota for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trust.rules.pool import PoolEntry, quota_window

FAILURES_TO_OPEN = 3
SHORTEST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(seconds=60)
# One that costs money is asked without need only while it fails, and not more often than this.
COSTLY_PROBE_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Authority:
    """A timestamp authority of the pool and the state of its breaker and its quota.

    `position` is the operator's order, lowest first. While `rest_until` (the breaker's) or `held_until` (what staff
    decided) lies ahead it is not asked. `window_used` are the requests since `window_starts_at`. `terms` is what the
    settings say of it.
    """

    id: str
    name: str
    url: str
    position: int
    failures: int = 0
    rest_until: datetime | None = None
    last_ok_at: datetime | None = None
    held_until: datetime | None = None
    failing_since: datetime | None = None
    last_error_at: datetime | None = None
    window_starts_at: datetime | None = None
    window_used: int = 0
    terms: PoolEntry | None = None

    def used(self, *, now: datetime) -> int:
        """Requests in the quota's window that holds `now`."""
        if self.terms is None or self.window_starts_at != quota_window(self.terms.window, now=now)[0]:
            return 0
        return self.window_used

    def is_used_up(self, *, now: datetime) -> bool:
        return self.terms is not None and self.terms.quota is not None and self.used(now=now) >= self.terms.quota

    def is_held(self, *, now: datetime) -> bool:
        return self.held_until is not None and self.held_until > now

    def is_resting(self, *, now: datetime) -> bool:
        return self.rest_until is not None and self.rest_until > now


def in_turn(authorities: Iterable[Authority], *, now: datetime) -> list[Authority]:
    """Those that may be asked now, in the operator's order."""
    ready = (
        one for one in authorities if not (one.is_resting(now=now) or one.is_held(now=now) or one.is_used_up(now=now))
    )
    return sorted(ready, key=lambda one: one.position)


def worth_probing(authority: Authority, *, now: datetime) -> bool:
    """Whether to ask it although no seal needs it: always, but for one that staff let rest or that costs something."""
    if authority.is_held(now=now) or authority.is_used_up(now=now):
        return False
    if authority.terms is None or not authority.terms.is_costly:
        return True
    asked_at = authority.last_error_at
    return authority.failures > 0 and (asked_at is None or asked_at <= now - COSTLY_PROBE_PAUSE)


def pool_out_since(authorities: Sequence[Authority], *, now: datetime) -> datetime | None:
    """Since when no authority of a pool answers: when the last of them fell silent. None when one may still answer, or
    when none is missing through its own fault. Those that staff let rest or whose quota is used up do not count."""
    counting = [one for one in authorities if not (one.is_held(now=now) or one.is_used_up(now=now))]
    if not counting or any(one.failing_since is None for one in counting):
        return None
    return max(one.failing_since for one in counting if one.failing_since)


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
