"""Which figures may be published: none from which anybody learns of one customer or person (D13).

Three things keep a figure safe. It is about at least ten customers. It is cut down to its first digit, and published
only where no customer has as much as that digit's unit: so with and without any of them the figure could be the same.
And each month or year is published once, whole and for good, so that no two publications differ by somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

FEWEST_CUSTOMERS = 10
FINEST_STEP = 100
REQUEST_BAND = 10
MONTH_RESTS_DAYS = 5  # what happened in a month may be recorded a little later


def step_of(total: int) -> int:
    """The unit of the first digit of `total`, at least 100: what a figure is cut down to a multiple of."""
    return max(FINEST_STEP, int(10 ** (len(str(total)) - 1)))


def safe_total(counts: Sequence[int]) -> int | None:
    """What may be published of the sum of these counts, one for each customer; None for nothing.

    Customers with a count of zero are no part of the crowd.
    """
    counted = [count for count in counts if count > 0]
    if len(counted) < FEWEST_CUSTOMERS:
        return None
    total = sum(counted)
    step = step_of(total)
    return total // step * step if max(counted) < step else None


def safe_band(requests: int, *, customers: int) -> tuple[int, int] | None:
    """The band in which a number of requests of authorities lies, first and last number; None for nothing.

    None at all is in the same band as nine: whether there was one is not told. Where fewer than ten customers could be
    meant, nothing is.
    """
    if customers < FEWEST_CUSTOMERS:
        return None
    first = requests // REQUEST_BAND * REQUEST_BAND
    return first, first + REQUEST_BAND - 1


def months_to_publish(last: date | None, today: date) -> list[date]:
    """The first days of the months whose figures are due: whole months at rest for five days, each after the `last`.

    Without a `last` the month before alone: nothing is published about the time before there were figures.
    """
    newest = month_before(today.replace(day=1))
    if today.day <= MONTH_RESTS_DAYS:
        newest = month_before(newest)
    if last is None:
        return [newest]
    found = []
    while newest > last:
        found.append(newest)
        newest = month_before(newest)
    return found[::-1]


def month_before(first_day: date) -> date:
    """The first day of the month before the one that begins on `first_day`."""
    year, month = divmod(first_day.year * 12 + first_day.month - 2, 12)
    return date(year, month + 1, 1)


def month_after(first_day: date) -> date:
    """The first day of the month after the one that begins on `first_day`."""
    year, month = divmod(first_day.year * 12 + first_day.month, 12)
    return date(year, month + 1, 1)
