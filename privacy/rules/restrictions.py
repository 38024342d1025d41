"""When a restriction may end (D1; GDPR 18 (3)): not before whoever has it was told. Days are legal days."""

from __future__ import annotations

from datetime import date, timedelta

TOLD_DAYS_BEFORE = 7


def ends_on(told_on: date) -> date:
    """The day on which it ends, if whoever has it is told today: a week to say that it must not."""
    return told_on + timedelta(days=TOLD_DAYS_BEFORE)


def is_over(ends_on: date | None, *, today: date) -> bool:
    """Whether its day has come; never while nobody was told of one."""
    return ends_on is not None and today >= ends_on
