"""How long a revocation answer may be used and when it is asked for again."""

from __future__ import annotations

from datetime import datetime, timedelta

# A revocation is noticed within this time although an authority promises its answer for days.
LONGEST_PAUSE = timedelta(hours=1)
# An answer without nextUpdate says that newer information is always available (RFC 6960, 4.2.2.1).
UNBOUNDED_ANSWER_LIFE = timedelta(minutes=10)
# What this process has verified is looked up again after this time, so that a fresher answer reaches every worker.
VERIFIED_LIFE = timedelta(minutes=1)


def usable_until(*, next_update: datetime | None, fetched_at: datetime) -> datetime:
    """The end of an answer's use, exclusive."""
    return next_update or fetched_at + UNBOUNDED_ANSWER_LIFE


def refresh_due_at(*, next_update: datetime | None, fetched_at: datetime) -> datetime:
    """When an answer is fetched anew: at half of the life it had left, and at least every LONGEST_PAUSE."""
    half_life = (usable_until(next_update=next_update, fetched_at=fetched_at) - fetched_at) / 2
    return fetched_at + min(max(half_life, timedelta(0)), LONGEST_PAUSE)
