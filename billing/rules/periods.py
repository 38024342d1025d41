"""Billing periods: half-open months of the operator's legal zone, counted from an anchor (B2, B3, B4, B5)."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Interval(StrEnum):
    """How long one paid term of a subscription lasts (B4). `once` is one month that does not renew."""

    MONTH = "month"
    YEAR = "year"
    ONCE = "once"


TERM_MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12, Interval.ONCE: 1}


@dataclass(frozen=True, kw_only=True)
class Period:
    """The instants from `starts_at` up to, and not including, `ends_at`; both UTC."""

    starts_at: datetime
    ends_at: datetime

    def contains(self, instant: datetime) -> bool:
        """Whether `instant` lies in the period; the first instant does, the last does not."""
        return self.starts_at <= instant < self.ends_at


def legal_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day that `instant` falls on in the operator's zone; deadlines count these."""
    return instant.astimezone(zone).date()


def day_starts_at(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) of a legal day.

    Where the clock jumps over midnight, `zoneinfo` reads the missing time with the offset before the
    jump, which is the instant of the jump itself and so the true beginning of that day.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def months_after(anchor_on: date, months: int) -> date:
    """The day `months` after the anchor, clamped to the month's last day.

    Always counted from the anchor and never from the previous boundary: an anchor on the 31st gives
    28 February and then 31 March again, so that periods tile whatever the lengths of the months.
    """
    year, month = divmod(anchor_on.year * 12 + anchor_on.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor_on.day, last_day))


def nth_period(anchor_on: date, index: int, zone: ZoneInfo) -> Period:
    """The monthly billing period number `index` (0 is the one that starts on the anchor day).

    Annual subscriptions have the same monthly periods: their quota is per month (B5).
    """
    return Period(
        starts_at=day_starts_at(months_after(anchor_on, index), zone),
        ends_at=day_starts_at(months_after(anchor_on, index + 1), zone),
    )


def period_index(anchor_on: date, instant: datetime, zone: ZoneInfo) -> int:
    """The number of the monthly period that contains `instant`; negative before the anchor."""
    day = legal_date(instant, zone)
    months = (day.year - anchor_on.year) * 12 + day.month - anchor_on.month
    return months if months_after(anchor_on, months) <= day else months - 1


def period_containing(anchor_on: date, instant: datetime, zone: ZoneInfo) -> Period:
    """The monthly billing period of this anchor that contains `instant`."""
    return nth_period(anchor_on, period_index(anchor_on, instant, zone), zone)


def period_after(anchor_on: date, period: Period, zone: ZoneInfo) -> Period:
    """The period that starts exactly where `period` ends."""
    return period_containing(anchor_on, period.ends_at, zone)


def term_containing(anchor_on: date, interval: Interval, instant: datetime, zone: ZoneInfo) -> Period:
    """The paid term around `instant`: what renews, and what access after cancelling lasts to (B4, B12)."""
    months = TERM_MONTHS[interval]
    first = period_index(anchor_on, instant, zone) // months * months
    return Period(
        starts_at=day_starts_at(months_after(anchor_on, first), zone),
        ends_at=day_starts_at(months_after(anchor_on, first + months), zone),
    )


def first_of_month(day: date) -> date:
    """The anchor of a calendar-month subscription: plans are for whole calendar months (B2)."""
    return day.replace(day=1)


def calendar_month(day: date, zone: ZoneInfo) -> Period:
    """The calendar month that `day` lies in, as instants."""
    return nth_period(first_of_month(day), 0, zone)


def days_of(period: Period, zone: ZoneInfo) -> list[date]:
    """Every legal day of the period, in order."""
    first, end = legal_date(period.starts_at, zone), legal_date(period.ends_at, zone)
    return [first + timedelta(days=n) for n in range((end - first).days)]
