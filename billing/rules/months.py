"""Calendar months, each as its first day; people and programs write them `2026-11`."""

import re
from datetime import date

from billing.rules.periods import months_after

_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")


def month_named(text: str) -> date | None:
    """The first day of the month written as `YYYY-MM`, or None if the text is not one."""
    found = _MONTH.fullmatch(text)
    return date(int(found[1]), int(found[2]), 1) if found else None


def months_back(last: date, first: date) -> list[date]:
    """The months from that of `last` back to that of `first`, both included; that of `last` in any case."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [months_after(last.replace(day=1), -n) for n in range(max(count, 0) + 1)]
