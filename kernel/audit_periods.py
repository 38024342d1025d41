"""How long entries of the audit trail are kept (clause D5). Pure; `kernel_auditclass` says the same to the database."""

from __future__ import annotations

from enum import StrEnum


class Retention(StrEnum):
    """The class of an entry, by which it lies in a partition; whole days of one class are dropped together."""

    ACTIVITY = "activity"
    HOSTED = "hosted"
    PLATFORM = "platform"


PERIODS: dict[Retention, str] = {
    Retention.ACTIVITY: "90 days",  # D5: activity data and system logs
    Retention.HOSTED: "18 months",  # D5: audit records of hosted services, at least
    Retention.PLATFORM: "18 months",  # what staff and the system do for nobody in particular: as hosted services
}
"""How long each class is kept after the day of the event, as an interval of PostgreSQL."""

DAYS_AHEAD = 14
"""For how many days partitions are made ahead; a default one takes what has none."""
