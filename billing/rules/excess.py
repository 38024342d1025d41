"""What a smaller plan no longer has room for: until when it is kept, and when notice is given (B11)."""

from dataclasses import dataclass
from datetime import date, timedelta

from billing.rules.business_days import business_day_before
from billing.rules.periods import months_after

KEPT_MONTHS = 6
FIRST_NOTICE = timedelta(days=30)
LAST_NOTICE_BUSINESS_DAYS = 5


@dataclass(frozen=True, kw_only=True)
class ExcessDates:
    """Legal days: `erase_on` is the first on which the excess may be erased, the notices go out on theirs or before."""

    erase_on: date
    first_notice_on: date
    last_notice_on: date


def excess_dates(reduced_on: date, country: str) -> ExcessDates:
    """The dates of an excess that began on the legal day `reduced_on`.

    Kept six calendar months, the last day whole; notice to download 30 days, and at least five business days, before
    erasure.
    """
    erase_on = months_after(reduced_on, KEPT_MONTHS) + timedelta(days=1)
    return ExcessDates(
        erase_on=erase_on,
        first_notice_on=erase_on - FIRST_NOTICE,
        last_notice_on=business_day_before(erase_on, country, count=LAST_NOTICE_BUSINESS_DAYS),
    )


def is_smaller(before: int | None, after: int | None) -> bool:
    """Whether there is less room after a change than before; None has no limit."""
    return after is not None and (before is None or after < before)


def erasable_on(erase_on: date, told_on: date | None, country: str) -> date | None:
    """The day on which the excess may be erased, or None while the last notice is not given.

    Five business days at least lie between that notice and the erasure, also when it was given late.
    """
    if told_on is None:
        return None
    day = erase_on
    while business_day_before(day, country, count=LAST_NOTICE_BUSINESS_DAYS) < told_on:
        day += timedelta(days=1)
    return day


def room_gb(quota_then: int, quota_now: int | None) -> int | None:
    """How much of what is stored may stay, in GB: the larger of the quota that began the excess and the one in force.

    None, for everything, without a limit.
    """
    return None if quota_now is None else max(quota_then, quota_now)
