"""Sub-processors: announced 30 days before they begin (GDPR 28 (2))."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

ANNOUNCED_DAYS = 30


class TransferGround(StrEnum):
    """Why data may go to the sub-processor's country (GDPR 44 to 49)."""

    EEA = "eea"
    ADEQUACY = "adequacy"
    CLAUSES = "clauses"
    BINDING_RULES = "binding_rules"


class Standing(StrEnum):
    """What a sub-processor is on a day."""

    ANNOUNCED = "announced"
    IN_USE = "in_use"
    ENDED = "ended"
    NEVER_USED = "never_used"


def earliest_start(told_on: date, *, customers: int) -> date:
    """The first day on which a sub-processor may begin: 30 days after customers are told of it.

    Where there is no customer yet, nobody has to be told, and it may have begun already: any day will do.
    """
    return told_on + timedelta(days=ANNOUNCED_DAYS) if customers else date.min


def standing_on(day: date, *, starts_on: date, ends_on: date | None) -> Standing:
    """What it is on `day`. It is in use from its first day until the day before `ends_on`.

    One that was given up before it began ends on the day on which it would have begun.
    """
    if ends_on is not None and ends_on <= starts_on:
        return Standing.NEVER_USED
    if day < starts_on:
        return Standing.ANNOUNCED
    return Standing.ENDED if ends_on is not None and day >= ends_on else Standing.IN_USE


def last_day_of_use(*, asked: date, starts_on: date) -> date:
    """The first day without it, when it is to be gone from `asked` on: never before the day it would have begun."""
    return max(asked, starts_on)
