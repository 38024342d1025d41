"""From when another plan or interval holds (B2, B5), and what an annual term is worth that it cuts short."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.rules.periods import (
    TERM_MONTHS,
    Interval,
    Period,
    day_starts_at,
    months_after,
    period_containing,
    period_index,
)
from billing.rules.split import equal_parts


def takes_effect_at(current: Interval, wanted: Interval, term: Period, month: Period) -> datetime:
    """From when (UTC) a change holds that is asked for in `month` of the running `term`.

    Asked before the 1st 00:00 of the next month it holds for that month, later for the one after (B2): `month` is the
    one that contains the asking. Only what leaves an annual term for another interval waits for the term's end (B5).
    """
    return term.ends_at if current == Interval.YEAR != wanted else month.ends_at


def is_binding(current: Interval, wanted: Interval) -> bool:
    """Whether asking is the change: from annual to annual the running year is cut short at once (B5)."""
    return current == wanted == Interval.YEAR


def is_prepaid(interval: Interval) -> bool:
    """Whether the fee of a term is paid in advance; a month's is billed when it is over (B3, B4)."""
    return interval != Interval.MONTH


def term_from(anchor_on: date, interval: Interval, starts_at: datetime, zone: ZoneInfo) -> Period:
    """The term that begins with the month at `starts_at`, counted from the anchor so that terms are whole months."""
    last = period_index(anchor_on, starts_at, zone) + TERM_MONTHS[interval]
    return Period(starts_at=starts_at, ends_at=day_starts_at(months_after(anchor_on, last), zone))


def month_of(anchor_on: date, asked_at: datetime, started_at: datetime, zone: ZoneInfo) -> Period:
    """The month in which something is asked for; the first one, where the subscription has not begun."""
    return period_containing(anchor_on, max(asked_at, started_at), zone)


def months_between(anchor_on: date, first: datetime, last: datetime, zone: ZoneInfo) -> int:
    """How many whole months lie between two boundaries of months."""
    return period_index(anchor_on, last, zone) - period_index(anchor_on, first, zone)


def unused_part(prepaid: Decimal, months: int, unused: int) -> Decimal:
    """What the last `unused` of a term's `months` are of what was `prepaid` (EUR without VAT).

    The months' parts add up to the whole to the cent (largest remainder).
    """
    return sum(equal_parts(prepaid, months)[months - unused :], Decimal("0.00"))
