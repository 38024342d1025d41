"""Until when a term can be cancelled, and when a subscription ends that was cancelled (B4, B12, B14)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billing.rules.business_days import business_day_before
from billing.rules.periods import Period, day_starts_at, legal_date, months_after, period_containing

OPERATOR_NOTICE_MONTHS = 6
_DAY = timedelta(days=1)


def cancel_until(term_ends_at: datetime, zone: ZoneInfo, country: str) -> datetime:
    """From which instant (UTC) cancelling ends the term after this one: the end of the last business day before.

    `term_ends_at` is the renewal. Computed once and stored: a calendar that is corrected later moves nothing (B4).
    """
    last_day = business_day_before(legal_date(term_ends_at, zone), country)
    return day_starts_at(last_day + _DAY, zone)


def end_after_cancelling(term: Period, deadline: datetime, following: Period, asked_at: datetime) -> datetime:
    """When a subscription ends that was cancelled at `asked_at`: with its term, or too late, with the following one.

    What is begun is paid for and can be used up; nothing is given back (B12).
    """
    return term.ends_at if asked_at < deadline else following.ends_at


def end_of_month_begun(anchor_on: date, instant: datetime, zone: ZoneInfo) -> datetime:
    """`instant` if a month begins with it, else the end of the month in which it lies: months are never cut."""
    month = period_containing(anchor_on, instant, zone)
    return instant if instant == month.starts_at else month.ends_at


def operators_end(anchor_on: date, noticed_on: date, zone: ZoneInfo) -> datetime:
    """When a subscription ends of which the operator gave notice on the legal day `noticed_on` (B14).

    Six whole months of notice, and then the month that has begun: what is prepaid beyond it are whole months.
    """
    last_day = months_after(noticed_on, OPERATOR_NOTICE_MONTHS)
    return end_of_month_begun(anchor_on, day_starts_at(last_day + _DAY, zone), zone)
