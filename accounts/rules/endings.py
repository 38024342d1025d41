"""When a contract ends, who may end it why, and what happens after (clauses B12, B14, C6, C7, C8, D3).

Dates are legal days of the operator's zone; a contract that ends with a day ends at the first instant of the next.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# Promised is that the content is gone within 7 days (D3). It goes after 5 whole days, so that two are left for a
# failure of ours and for the minutes that a clock change adds to a day.
ERASED_WITHIN_DAYS = 7
EXPORT_DAYS = 5
OPERATOR_NOTICE_MONTHS = 6
KEPT_YEARS = 10


class Ground(StrEnum):
    """Why a contract ends."""

    WISH = "wish"
    NOTICE = "notice"
    BREACH = "breach"
    INSOLVENCY = "insolvency"
    WINDING_UP = "winding_up"
    PROHIBITED_CONTENT = "prohibited_content"
    ABUSE = "abuse"
    RESALE = "resale"
    SANCTIONS = "sanctions"
    INACTIVITY = "inactivity"  # the engine's alone: a free account that nobody uses (C9)


# Days in which what was complained of can still be put right (C7); until then the end is only announced.
CURABLE_DAYS = {Ground.BREACH: 30, Ground.INSOLVENCY: 60}
AT_ONCE = frozenset({Ground.PROHIBITED_CONTENT, Ground.ABUSE, Ground.RESALE, Ground.SANCTIONS})
OPERATORS = frozenset({Ground.NOTICE, Ground.WINDING_UP, *CURABLE_DAYS, *AT_ONCE})


@dataclass(frozen=True, slots=True)
class Dates:
    """When a contract ends, and by when the customer's content is destroyed; both UTC."""

    ends_at: datetime
    erase_by: datetime


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) of a legal day."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def dates(ends_at: datetime, zone: ZoneInfo) -> Dates:
    """A contract that ends at `ends_at` can be exported for 5 whole legal days more; then its content is erased (D3).

    The erasure begins with the first instant of the legal day after them, which is within 7 days of the end.
    """
    last_of_export = ends_at.astimezone(zone).date() + timedelta(days=EXPORT_DAYS)
    return Dates(ends_at, day_begins(last_of_export + timedelta(days=1), zone))


def customers_end(*, at_once: bool, paid_until: datetime | None, zone: ZoneInfo, now: datetime) -> Dates:
    """The end that a customer asks for (C6): with the time it has paid for (B12), or at once where it wants that.

    Who has no plan has paid for nothing and ends at once. What was paid is not given back (B12).
    """
    return dates(now if at_once or paid_until is None else max(paid_until, now), zone)


def operators_end(ground: Ground, *, noticed_on: date, zone: ZoneInfo, now: datetime) -> Dates:
    """The end for a reason of the operator's, of which notice was given on the legal day `noticed_on`.

    Six whole months of notice without a reason (B14), 30 days to cure a breach and 60 in an insolvency, otherwise at
    once (C7). Never in the past. Raises `ValueError` for the customer's own wish.
    """
    if ground not in OPERATORS:
        raise ValueError(ground)
    if ground is Ground.NOTICE:
        last_day = months_later(noticed_on, OPERATOR_NOTICE_MONTHS)
    elif ground in CURABLE_DAYS:
        last_day = noticed_on + timedelta(days=CURABLE_DAYS[ground])
    else:
        return dates(now, zone)
    return dates(max(day_begins(last_day + timedelta(days=1), zone), now), zone)


def is_only_announced(ground: str) -> bool:
    """Whether the end comes only if staff say, after the days to cure, that nothing was cured (C7)."""
    return ground in CURABLE_DAYS


def may_be_carried_out(ends_at: datetime, now: datetime) -> bool:
    """Whether the end has come: its first instant is the end already."""
    return now >= ends_at


def refund_from(paid_until: datetime | None, ends_at: datetime) -> datetime | None:
    """From when prepaid time is given back: the end, if the operator ends it and more was paid for (B14)."""
    return ends_at if paid_until is not None and paid_until > ends_at else None


def bookkeeping_kept_until(ends_at: datetime, zone: ZoneInfo) -> date:
    """The last day on which account and billing information is kept: 10 years from the end of that year (D4)."""
    last = (ends_at - timedelta(microseconds=1)).astimezone(zone).year
    return date(last + KEPT_YEARS, 12, 31)
