"""What goes when, what waits and why, for staff: read from the same sweeps and courses that the engine works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from django.utils.translation import gettext as _

from kernel.clock import legal_date, legal_midnight
from privacy.catalogue import RULE
from privacy.gateways.folders import last_migration
from privacy.models import Hold, RetentionItem, RetentionRun
from privacy.queries.periods import rule_words, run_words, store_words
from privacy.rules.retention import RetentionRule, due_on, is_silent, last_day_gone, with_period

AHEAD_DAYS = (7, 30, 90)
_OPEN = (RetentionItem.State.PLANNED, RetentionItem.State.CLAIMED)


class FoundSubject(Protocol):
    """A subject whose clock runs."""

    @property
    def subject(self) -> str: ...
    @property
    def event_on(self) -> date: ...
    @property
    def customer_id(self) -> str: ...
    @property
    def person_id(self) -> str: ...


class Swept(Protocol):
    """What the engine knows of a store that goes by age."""

    @property
    def rule(self) -> str: ...
    @property
    def store(self) -> str: ...
    @property
    def due(self) -> Callable[[datetime], int]: ...
    @property
    def population(self) -> Callable[[], int]: ...
    @property
    def oldest(self) -> Callable[[], datetime | None]: ...


class Followed(Protocol):
    """What the engine knows of what goes subject by subject."""

    @property
    def rule(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def candidates(self) -> Callable[[datetime], Iterable[FoundSubject]]: ...
    @property
    def candidate(self) -> Callable[[str, datetime], FoundSubject | None]: ...
    @property
    def population(self) -> Callable[[], int]: ...


@dataclass(frozen=True, slots=True)
class Outlook:
    """One rule and store: how many there are, how many are due now and within so many days, what the last run did.

    `oldest_on` is the legal day of the oldest, `next_on` the day on which the next are due; both None where nothing is
    there. `store` is empty for what goes subject by subject.
    """

    rule: RetentionRule
    store: str
    population: int
    oldest_on: date | None
    due_now: int
    due_within: Mapping[int, int]
    next_on: date | None
    held: int
    last: RetentionRun | None
    braked: RetentionRun | None

    @property
    def what(self) -> str:
        """What the rule keeps."""
        return rule_words(self.rule.key)

    @property
    def words(self) -> str:
        """What the store holds."""
        return _where(self.store)


@dataclass(frozen=True, slots=True)
class Difference:
    """What another period would change today in one store."""

    store: str
    due_now: int
    due_then: int

    @property
    def words(self) -> str:
        """What the store holds."""
        return _where(self.store)

    @property
    def more(self) -> int:
        return self.due_then - self.due_now


def outlooks(sweeps: Sequence[Swept], courses: Sequence[Followed], *, now: datetime) -> list[Outlook]:
    """Every rule and store in the order in which the engine goes through them; nothing is written."""
    found = []
    for key in RULE:
        found += [_of_course(course, now) for course in courses if course.rule == key]
        found += [_of_sweep(sweep, now) for sweep in sweeps if sweep.rule == key]
    return found


def differences(
    sweeps: Sequence[Swept], courses: Sequence[Followed], *, rule: str, days: int, now: datetime
) -> list[Difference]:
    """What would be due today if the rule's period were so many days; nothing is written."""
    today, plain, tried = legal_date(now), RULE[rule], with_period(RULE[rule], days)
    found = []
    for course in (each for each in courses if each.rule == rule):
        events = [each.event_on for each in course.candidates(now)]
        counts = [sum(due_on(each, event) <= today for event in events) for each in (plain, tried)]
        found.append(Difference("", *counts))
    for sweep in (each for each in sweeps if each.rule == rule):
        found.append(Difference(sweep.store, *(sweep.due(gone_before(each, today)) for each in (plain, tried))))
    return found


def alarms(sweeps: Sequence[Swept] = (), *, now: datetime) -> list[str]:
    """What somebody has to look at, as sentences; empty when all is well. With `sweeps`, these are counted, too."""
    today = legal_date(now)
    found = []
    last = RetentionRun.objects.filter(rule="", ended_at__isnull=False).order_by("-day").first()
    if is_silent(last.ended_at if last else last_migration(), now):  # what is new has as long for its first turn
        found.append(_("The erasure has not run for longer than half an hour."))
    for run in RetentionRun.objects.filter(day=today, state=RetentionRun.State.BRAKED).order_by("rule", "store"):
        found.append(_("Waiting for a second person: %(count)d of “%(what)s”.") % _named(run, count=run.planned))
    for run in RetentionRun.objects.filter(day=today, state=RetentionRun.State.FAILED).exclude(rule=""):
        found.append(_("Failed with %(error)s: “%(what)s”.") % _named(run, error=run.error))
    for key, count in _overdue(today).items():
        found.append(_overdue_words(rule_words(key), count))
    for sweep in sweeps:
        found += _late(sweep, today)
    return found


def waiting_alarms(*, now: datetime) -> int:
    """How many alarms there are, without counting in stores: quick enough for every page of staff."""
    return len(alarms(now=now))


def _named(run: RetentionRun, **told: object) -> dict[str, object]:
    return {"what": run_words(run.rule, run.store), **told}


def _overdue_words(what: str, count: int) -> str:
    return _("Overdue: %(count)d of “%(what)s”.") % {"what": what, "count": count}


def _where(store: str) -> str:
    return store_words(store) if store else _("subject by subject")


def _overdue(today: date) -> dict[str, int]:
    """Items that are still there the day after their due date, by rule, but for those that are held."""
    holds = set(Hold.objects.filter(released_at=None).values_list("subject", flat=True))
    strict = [rule.key for rule in RULE.values() if not rule.notice_days]
    items = RetentionItem.objects.filter(rule__in=strict, state__in=_OPEN, due_on__lt=today)
    found: dict[str, int] = {}
    for item in items.only("rule", "subject", "customer_id", "person_id", "ledger_entry"):
        if item.ledger_entry_id or not holds & {item.subject, item.customer_id, item.person_id}:
            found[item.rule] = found.get(item.rule, 0) + 1
    return found


def _late(sweep: Swept, today: date) -> list[str]:
    last = RetentionRun.objects.filter(rule=sweep.rule, store=sweep.store).order_by("-day").first()
    late = sweep.due(gone_before(RULE[sweep.rule], today - timedelta(days=1))) - (last.held if last else 0)
    return [_overdue_words(run_words(sweep.rule, sweep.store), late)] if late > 0 else []


def gone_before(rule: RetentionRule, today: date) -> datetime:
    """What happened before this moment is due by the rule: a midnight of the operator's zone."""
    return legal_midnight(last_day_gone(rule, today) + timedelta(days=1))


def _of_sweep(sweep: Swept, now: datetime) -> Outlook:
    rule, today = RULE[sweep.rule], legal_date(now)
    oldest = sweep.oldest()
    oldest_on = legal_date(oldest) if oldest else None
    last, braked = _runs(sweep.rule, sweep.store, today)
    return Outlook(
        rule=rule,
        store=sweep.store,
        population=sweep.population(),
        oldest_on=oldest_on,
        due_now=sweep.due(gone_before(rule, today)),
        due_within={days: sweep.due(gone_before(rule, today + timedelta(days=days))) for days in AHEAD_DAYS},
        next_on=due_on(rule, oldest_on) if oldest_on else None,
        held=last.held if last else 0,
        last=last,
        braked=braked,
    )


def _of_course(course: Followed, now: datetime) -> Outlook:
    rule, today = RULE[course.rule], legal_date(now)
    events = sorted(each.event_on for each in course.candidates(now))
    dates = [due_on(rule, event) for event in events]
    last, braked = _runs(course.rule, "", today)
    return Outlook(
        rule=rule,
        store="",
        population=course.population(),
        oldest_on=events[0] if events else None,
        due_now=sum(due <= today for due in dates),
        due_within={days: sum(due <= today + timedelta(days=days) for due in dates) for days in AHEAD_DAYS},
        next_on=dates[0] if dates else None,
        held=last.held if last else 0,
        last=last,
        braked=braked,
    )


def _runs(rule: str, store: str, today: date) -> tuple[RetentionRun | None, RetentionRun | None]:
    last = RetentionRun.objects.filter(rule=rule, store=store).order_by("-day").first()
    waits = last is not None and last.state == RetentionRun.State.BRAKED and last.day == today
    return last, (last if waits else None)
