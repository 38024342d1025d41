"""Business days of the operator's country: Monday to Friday without its public holidays (B4, B11)."""

from datetime import date, timedelta
from functools import lru_cache

from holidays import country_holidays

_SATURDAY = 5
_DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(country_holidays(country, years=year))


def is_business_day(day: date, country: str) -> bool:
    """Whether offices in `country` (ISO 3166, two letters) work on `day`.

    Raises `NotImplementedError` for a country whose calendar is not known.
    """
    return day.weekday() < _SATURDAY and day not in _holidays(country, day.year)


def business_day_before(day: date, country: str, *, count: int = 1) -> date:
    """The business day that lies `count` business days before `day`, which is not counted itself."""
    found = day
    while count:
        found -= _DAY
        count -= is_business_day(found, country)
    return found
