"""Business days of the operator's country: Monday to Friday without its public holidays (B4, B11)."""

from datetime import date, timedelta
from functools import lru_cache

from holidays import country_holidays, list_supported_countries

_SATURDAY = 5
_DAY = timedelta(days=1)


class UnknownCalendar(LookupError):
    """A country whose public holidays are not known: no deadline is told rather than a wrong one."""


def has_calendar(country: str) -> bool:
    """Whether the public holidays of `country` (ISO 3166, two letters, in capitals) are known."""
    return country in list_supported_countries()


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    if not has_calendar(country):
        raise UnknownCalendar(country)
    return frozenset(country_holidays(country, years=year))


def is_business_day(day: date, country: str) -> bool:
    """Whether offices in `country` (ISO 3166, two letters) work on `day`.

    Raises `UnknownCalendar`, on a weekend, too.
    """
    return day not in _holidays(country, day.year) and day.weekday() < _SATURDAY


def business_day_before(day: date, country: str, *, count: int = 1) -> date:
    """The business day that lies `count` business days before `day`, which is not counted itself."""
    found = day
    while count:
        found -= _DAY
        count -= is_business_day(found, country)
    return found
