"""When a customer is reminded that its certificate ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

REMINDER_DAYS = (90, 60, 30, 14, 7, 1)


def reminder_due(not_after: datetime, *, sent: Collection[int], now: datetime) -> int | None:
    """The reminder to send now, as its number of days before the end; None when there is none.

    Only the most urgent one that is due: whoever is late does not send the earlier ones after it, and nothing is sent
    once the certificate has ended. `sent` are the days of those sent before.
    """
    if now > not_after:
        return None
    due = [days for days in REMINDER_DAYS if now >= not_after - timedelta(days=days)]
    if not due or any(days <= due[-1] for days in sent):
        return None
    return due[-1]
