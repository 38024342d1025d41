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

    Kept six calendar months; notice to download 30 days, and at least five business days, before erasure.
    """
    erase_on = months_after(reduced_on, KEPT_MONTHS)
    return ExcessDates(
        erase_on=erase_on,
        first_notice_on=erase_on - FIRST_NOTICE,
        last_notice_on=business_day_before(erase_on, country, count=LAST_NOTICE_BUSINESS_DAYS),
    )


def is_smaller(before: int | None, after: int | None) -> bool:
    """Whether there is less room after a change than before; None has no limit."""
    return after is not None and (before is None or after < before)
