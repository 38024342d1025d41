"""How long an invitation holds, and how many a customer may send."""

from __future__ import annotations

from datetime import datetime, timedelta

LIFETIME = timedelta(days=7)
DAILY_LIMIT = 100


def expires_at(now: datetime) -> datetime:
    """The moment from which an invitation made at `now` can no longer be accepted."""
    return now + LIFETIME


def left_today(sent_within_a_day: int) -> int:
    """How many more mails to strangers may leave in the customer's name."""
    return max(DAILY_LIMIT - sent_within_a_day, 0)
