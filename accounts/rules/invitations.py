"""How long an invitation holds, and how many a customer may send."""

from __future__ import annotations

from datetime import datetime, timedelta

LIFETIME = timedelta(days=7)
DAILY_LIMIT = 100


def expires_at(now: datetime) -> datetime:
    """The moment from which an invitation made at `now` can no longer be accepted."""
    return now + LIFETIME


def may_send_another(sent_within_a_day: int) -> bool:
    """Whether one more mail to a stranger may leave in the customer's name."""
    return sent_within_a_day < DAILY_LIMIT
