"""When something has to go, and which notices come before (D2, D3, D4, D5, C9, B11, E9).

A period counts from an event and runs whole legal days: what happened on a day is due when the day `period` later is
over. Deadlines are dates of the operator's zone; a clock change moves none.
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class Span:
    """Calendar years, months and days, added in that order; a day that a month lacks is its last."""

    years: int = 0
    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """The day this span after `day`."""
        year, month = divmod(day.year * 12 + day.month - 1 + self.years * 12 + self.months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=self.days)


class Start(StrEnum):
    """The event a period counts from."""

    EVENT = "event"
    GIVEN = "given"
    END_OF_CONTRACT = "end_of_contract"
    END_OF_MEMBERSHIP = "end_of_membership"
    END_OF_BOOKKEEPING_YEAR = "end_of_bookkeeping_year"
    LAST_ACTIVITY = "last_activity"
    DOWNGRADE = "downgrade"
    CLOSED = "closed"
    MADE = "made"
    UPGRADE = "upgrade"


class Method(StrEnum):
    """How something goes."""

    DELETE_ROWS = "delete_rows"
    DROP_PARTITION = "drop_partition"
    DROP_SCHEMA = "drop_schema"
    DESTROY_KEY = "destroy_key"
    FORGET_PERSON = "forget_person"
    DELETE_FILES = "delete_files"


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """One promise about how long something is kept; the public page and the engine both read it.

    `period` is what holds unless a customer chose another between `floor` (what the law or a clause demands at least)
    and `ceiling` (what we promise at most), which only `adjustable` allows. `notice_days` are the days before the due
    date on which those concerned are told; each of them is a precondition. `clause` is why. `unbraked` says why the
    brake never holds this up, however much goes at once; empty where it may.
    """

    key: str
    words: str
    start: Start
    period: Span
    methods: tuple[Method, ...]
    clause: str
    floor: Span | None = None
    ceiling: Span | None = None
    adjustable: bool = False
    notice_days: tuple[int, ...] = ()
    unbraked: str = ""


def counted_from(start: Start, event: date) -> date:
    """The day from which the period counts: that of the event, or the last of its bookkeeping year (D4)."""
    return date(event.year, 12, 31) if start is Start.END_OF_BOOKKEEPING_YEAR else event


def due_on(rule: RetentionRule, event: date, *, chosen: Span | None = None) -> date:
    """The first day on which it is gone: the day after the last that belongs to the period.

    `chosen` is the customer's own period; it counts within floor and ceiling only, and only where the rule allows one.
    """
    begins = counted_from(rule.start, event)
    last = rule.period.after(begins)
    if rule.adjustable and chosen is not None:
        last = chosen.after(begins)
    if rule.floor is not None:
        last = max(last, rule.floor.after(begins))
    if rule.ceiling is not None:
        last = min(last, rule.ceiling.after(begins))
    return last + timedelta(days=1)


def promised_on(rule: RetentionRule, event: date) -> date:
    """The first day on which it is gone at the latest, as we promise it: the engine acts before, to have time in hand.

    The same as `due_on` where a rule has no ceiling, or one that is for customers to choose up to.
    """
    if rule.ceiling is None or rule.adjustable:
        return due_on(rule, event)
    return rule.ceiling.after(counted_from(rule.start, event)) + timedelta(days=1)


def last_day_gone(rule: RetentionRule, today: date, *, chosen: Span | None = None) -> date:
    """The last day whose events leave nothing behind today: what happened on it, or before, is due."""
    days = range(1, today.toordinal() + 1)
    gone = bisect_right(days, today, key=lambda day: due_on(rule, date.fromordinal(day), chosen=chosen))
    return date.fromordinal(gone)


def watched_since(rule: RetentionRule, today: date) -> date:
    """The first day of events that the rule need not look at yet: their first notice is more than a month away.

    What happened before it is looked at every day; what goes on happening every day never is.
    """
    soon = today + timedelta(days=max(rule.notice_days, default=0) + WATCHED_DAYS)
    return last_day_gone(rule, soon) + timedelta(days=1)


def notices_on(rule: RetentionRule, due: date) -> dict[int, date]:
    """The day of each notice, by how many days before the due date it is given."""
    return {days: due - timedelta(days=days) for days in sorted(rule.notice_days, reverse=True)}


def earliest_act_on(rule: RetentionRule, due: date, given: Iterable[tuple[int, date]]) -> date | None:
    """The day on which it may go, or None while a notice that has to come before is not given.

    A notice given late moves the act, never the other way: between each notice and the act lie as many days as the
    rule promises.
    """
    told = dict(given)
    if any(days not in told for days in rule.notice_days):
        return None
    return max([due, *(told[days] + timedelta(days=days) for days in rule.notice_days)])


def notice_due(
    rule: RetentionRule, due: date, given: Iterable[tuple[int, date]], today: date
) -> tuple[int, date] | None:
    """The notice to be given today, by its days, and the day of the act that it tells; None where there is none.

    What was or is given late moves the act, and with it the notices after it, so that two never come at once.
    """
    told = dict(given)
    act = max([due, *(on + timedelta(days=days) for days, on in told.items())])
    for days, on in notices_on(rule, act).items():
        if days not in told:
            return (days, max(act, today + timedelta(days=days))) if on <= today else None
    return None


def clocks_disagree(here: datetime, database: datetime) -> bool:
    """Whether nothing may be erased, because one of both clocks is wrong by more than an hour. Moments in UTC."""
    return abs(here - database) > CLOCKS_APART


def is_silent(last_ended_at: datetime | None, now: datetime) -> bool:
    """Whether the engine has missed its turn twice (UTC); None: it has never run."""
    return last_ended_at is None or now - last_ended_at > 2 * TICK


def with_period(rule: RetentionRule, days: int) -> RetentionRule:
    """The same rule with another period, whatever its floor and ceiling say: to see what would change."""
    return replace(rule, period=Span(days=days), floor=None, ceiling=None)


def run_is_suspicious(planned: int, population: int, earlier: Iterable[int], *, days: int = 1) -> bool:
    """Whether a run waits for a second person: more than 10 % of a class, or 5 times the median of earlier runs.

    `earlier` is what earlier days erased; days on which there was nothing say nothing, and fewer than a week of others
    do not tell what is usual: a Monday is no surprise because two days of a weekend came before. Few things at once are
    no catastrophe, so that a small operator is not asked about each; and what a class of a short period has lost day by
    day for a week, give or take as much again, is no surprise, however large its share.

    `days` have passed since the engine last went through it: each that it missed may bring a usual day more, so that
    what is late goes without waiting for anybody (D3). Of a fortnight at most: a clock that is wrong looks the same.
    """
    if planned <= FEW:
        return False
    known = sorted(each for each in earlier if each)
    if len(known) >= STEADY_DAYS:
        median, missed = known[len(known) // 2], min(days, LATE_DAYS) - 1
        if planned > median * (LARGEST_MULTIPLE + missed):
            return True
        if planned <= median * (STEADY_MULTIPLE + missed):
            return False
    return planned * 100 > population * LARGEST_SHARE_PERCENT


WATCHED_DAYS = 31
FEW = 20
LARGEST_SHARE_PERCENT = 10
LARGEST_MULTIPLE = 5
STEADY_DAYS = 7
STEADY_MULTIPLE = 2
LATE_DAYS = 14
TICK = timedelta(minutes=15)
CLOCKS_APART = timedelta(hours=1)
