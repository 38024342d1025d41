"""How many requests a program may make: a fixed window of one minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

WINDOW_SECONDS = 60
TESTS_PER_MINUTE = 10  # of a customer's webhooks: each may hold a web server's thread for 15 s


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the current minute: `limit` and `remaining` count requests, `reset_seconds` is 1 to 60."""

    limit: int
    remaining: int
    reset_seconds: int
    exceeded: bool


def window_number(now: datetime) -> int:
    """The minute that `now` lies in, counted from 1970."""
    return int(now.timestamp()) // WINDOW_SECONDS


def allowance(*, limit: int, used: int, now: datetime) -> Allowance:
    """The allowance after `used` requests in the minute of `now`, this one included."""
    return Allowance(
        limit=limit,
        remaining=max(limit - used, 0),
        reset_seconds=WINDOW_SECONDS - int(now.timestamp()) % WINDOW_SECONDS,
        exceeded=used > limit,
    )
