"""When an invoice is due (B9), and from when it is late.

Days are legal days of the operator's zone. A due date on a Saturday, Sunday or public holiday is not moved: the clause
counts calendar days, and a payment order given on such a day is valued on the next one, which the payer can see coming.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billing.rules.periods import day_starts_at, legal_date

PAYABLE_FOR_DAYS = 30


def due_on(received_at: datetime, zone: ZoneInfo) -> date:
    """The last day for paying what was received, by portal or e-mail, at `received_at` (B9)."""
    return legal_date(received_at, zone) + timedelta(days=PAYABLE_FOR_DAYS)


def late_on(due: date) -> date:
    """The first late day: interest runs from it (B10)."""
    return due + timedelta(days=1)


def late_at(due: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which what was due on `due` is late: 00:00 of the next day in the operator's zone."""
    return day_starts_at(late_on(due), zone)
