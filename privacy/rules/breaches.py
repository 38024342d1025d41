"""A data breach and its clocks: 72 hours to the authority, and whom else it has to be told to (E7; GDPR 33 and 34)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

AUTHORITY_WITHIN = timedelta(hours=72)  # GDPR 33 (1): hours of the clock, at night and on holidays, too
REMINDERS = {  # how long before the end staff are reminded
    "24_hours": timedelta(hours=24),
    "6_hours": timedelta(hours=6),
    "overdue": timedelta(0),
}


class Risk(StrEnum):
    """What the breach means for the people whose data it is."""

    UNLIKELY = "unlikely"  # the authority need not be told (33 (1)), and why is written down
    RISK = "risk"  # the authority is told
    HIGH = "high"  # and so are the people (34)


class Missing(StrEnum):
    """What stands between a breach and its being closed."""

    ASSESSMENT = "assessment"
    AUTHORITY = "authority"
    REASONS_FOR_DELAY = "reasons_for_delay"
    PEOPLE = "people"
    CUSTOMERS = "customers"


@dataclass(frozen=True, slots=True)
class BreachFacts:
    """What decides about a breach. Times in UTC.

    `risk` is empty while nobody has judged it. `of_customers`: data that we process for customers are among it, so
    that these are told without undue delay (GDPR 33 (2)). `people_reason` is why people are not told (34 (3)).
    """

    aware_at: datetime
    risk: str = ""
    authority_told_at: datetime | None = None
    delay_reasons: str = ""
    people_told_at: datetime | None = None
    people_reason: str = ""
    of_customers: bool = False
    customers_told: int = 0
    closed: bool = False


def due_at(aware_at: datetime) -> datetime:
    """Until when the authority is told: 72 hours after we knew, to the second."""
    return aware_at + AUTHORITY_WITHIN


def is_late(aware_at: datetime, told_at: datetime) -> bool:
    """Whether this telling needs reasons for its delay: after the 72 hours, not at their end."""
    return told_at > due_at(aware_at)


def must_tell_authority(facts: BreachFacts) -> bool:
    """Whether the authority has to be told still: unless the risk is unlikely, and while nobody has judged it."""
    return not facts.closed and facts.authority_told_at is None and facts.risk != Risk.UNLIKELY


def reminders_due(facts: BreachFacts, *, given: Collection[str], now: datetime) -> list[str]:
    """The newest reminder that is due and was not given; none once the authority is told or need not be.

    Of several that are due at once the last alone is worth saying.
    """
    if not must_tell_authority(facts):
        return []
    due = [name for name, before in REMINDERS.items() if now >= due_at(facts.aware_at) - before]
    return [name for name in due[-1:] if name not in given]


def missing(facts: BreachFacts) -> list[Missing]:
    """What is to be done before the breach can be closed, in the order of doing it."""
    found = []
    if not facts.risk:
        found.append(Missing.ASSESSMENT)
    if must_tell_authority(facts):
        found.append(Missing.AUTHORITY)
    elif facts.authority_told_at and is_late(facts.aware_at, facts.authority_told_at) and not facts.delay_reasons:
        found.append(Missing.REASONS_FOR_DELAY)
    if facts.risk == Risk.HIGH and facts.people_told_at is None and not facts.people_reason:
        found.append(Missing.PEOPLE)
    if facts.of_customers and facts.customers_told == 0:
        found.append(Missing.CUSTOMERS)
    return found
