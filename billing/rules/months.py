"""Months as people and programs write them: `2026-11`."""

import re
from datetime import date

_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")


def month_named(text: str) -> date | None:
    """The first day of the month written as `YYYY-MM`, or None if the text is not one."""
    found = _MONTH.fullmatch(text)
    return date(int(found[1]), int(found[2]), 1) if found else None
