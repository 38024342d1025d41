"""How long entries of the audit trail are kept (clause D5). Pure; `kernel_auditclass` says the same to the database."""

from __future__ import annotations

from enum import StrEnum


class Retention(StrEnum):
    """The class of an entry, by which it lies in a partition; whole days of one class are dropped together."""

    ACTIVITY = "activity"
    HOSTED = "hosted"
    HOSTED_5 = "hosted5y"
    HOSTED_10 = "hosted10"
    PLATFORM = "platform"


PERIODS: dict[Retention, str] = {
    Retention.ACTIVITY: "90 days",  # D5: activity data and system logs
    Retention.HOSTED: "18 months",  # D5: audit records of hosted services, at least
    Retention.HOSTED_5: "5 years",  # D5: what a customer may choose beyond that
    Retention.HOSTED_10: "10 years",
    Retention.PLATFORM: "18 months",  # what staff and the system do for nobody in particular: as hosted services
}
"""How long each class is kept after the day of the event, as an interval of PostgreSQL."""

DAYS_AHEAD = 14
"""For how many days partitions are made ahead; a default one takes what has none."""

HOSTED = (Retention.HOSTED, Retention.HOSTED_5, Retention.HOSTED_10)
"""The classes among which a customer of hosted services may choose, the shortest first (clause D5)."""
