"""Deliveries to webhooks by Standard Webhooks 1.0.0: the schedule, and what an answer means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

# The pauses after each attempt, ten attempts in all (Standard Webhooks 1.0.0, "Deliverability and reliability").
PAUSES_SECONDS = (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
ATTEMPTS = len(PAUSES_SECONDS) + 1
JITTER = 0.1
LONGEST_WISH = timedelta(hours=24)
OLD_KEYS_HOLD = timedelta(hours=24)
PATIENCE = timedelta(days=5)
FAILURES_BEFORE_DISABLING = ATTEMPTS
AT_ONCE, AT_ONCE_WHILE_FAILING = 2, 1
_BUSY = {429, 502, 503, 504}


class Outcome(StrEnum):
    DELIVERED = "delivered"
    AGAIN = "again"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows from an attempt: `next_at` for AGAIN; `gone` when the receiver wants no more of anything (410)."""

    outcome: Outcome
    next_at: datetime | None = None
    gone: bool = False


def judge(
    status: int | None, *, attempt: int, now: datetime, chance: float, wish: timedelta | None = None
) -> Judgement:
    """Judge the `attempt`-th answer (1 is the first); `status` is None when there was none.

    Only 2xx is success; a redirect is not. `wish` is a Retry-After, honoured up to a day where the receiver is busy.
    `chance` between 0 and 1 spreads the attempts by a tenth either way.
    """
    if status is not None and 200 <= status < 300:
        return Judgement(Outcome.DELIVERED)
    if status == 410:
        return Judgement(Outcome.FAILED, gone=True)
    if attempt >= ATTEMPTS:
        return Judgement(Outcome.FAILED)
    pause = timedelta(seconds=PAUSES_SECONDS[attempt - 1] * (1 - JITTER + 2 * JITTER * chance))
    if status in _BUSY and wish is not None:
        pause = max(pause, min(wish, LONGEST_WISH))
    return Judgement(Outcome.AGAIN, next_at=now + pause)


def is_hopeless(*, failing_since: datetime | None, failures: int, now: datetime) -> bool:
    """Whether an endpoint has done nothing but fail for so long that it is turned off."""
    long = failing_since is not None and now - failing_since >= PATIENCE
    return long and failures >= FAILURES_BEFORE_DISABLING


def wish_of(header: str, *, now: datetime) -> timedelta | None:
    """How long a `Retry-After` asks to wait (RFC 9110, 10.2.3): seconds, or a date; None for anything else."""
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(at - now, timedelta(0)) if at.tzinfo else None
