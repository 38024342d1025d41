"""One tick of the retention engine: through every rule, within its time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.queries import staff_people
from kernel.clock import legal_date
from privacy.actions import _courses, _sweeps
from privacy.actions._days import ENGINE, close_day, note_erased, open_day, open_days, permitted
from privacy.actions._holds import is_spared, spared
from privacy.actions._items import act_on, items_to_do
from privacy.actions._retention import Course, Sweep
from privacy.actions.carry_out_items import carry_out_items
from privacy.actions.give_retention_notices import give_retention_notices
from privacy.actions.plan_items import plan_items
from privacy.actions.sweep_store import sweep_store
from privacy.catalogue import RULE, RULES
from privacy.models import RetentionItem, RetentionRun
from privacy.queries.retention import gone_before
from privacy.rules.retention import clocks_disagree

logger = logging.getLogger(__name__)

TimeIsUp = Callable[[], bool]
State = RetentionRun.State


class ClocksDisagree(Exception):
    """The application's clock and the database's are more than an hour apart: who knows what is due?"""


class RetentionIncomplete(Exception):
    """Something could not be erased; everything else was. The message names rules, stores and kinds of errors."""


def run_retention(*, now: datetime, seconds: float, database_now: datetime | None = None) -> int:
    """How many things went (D2-D5, B11, C9, E9). Every 15 minutes; may run twice, beside itself and be killed anywhere.

    Goes through courses and sweeps in the order of the rules. Each gets its share of the `seconds`, and what those
    before it left, so that a large one starves no other. One that fails holds up no other either; at the end
    `RetentionIncomplete` is raised, so that it is seen. Raises `ClocksDisagree` before anything is touched.
    """
    if database_now is not None and clocks_disagree(now, database_now):
        raise ClocksDisagree(f"{now.isoformat()} here, {database_now.isoformat()} in the database")
    engine = open_day(ENGINE, "", now=now)
    units = list(_units())
    open_days([(unit.rule, _store(unit)) for unit in units], now=now)
    started = time.monotonic()
    erased, wrong, braked = 0, [], []
    for place, unit in enumerate(units):
        used = time.monotonic() - started
        until = started + used + max(0.0, seconds - used) / (len(units) - place)
        day, outcome = _run(unit, now, _deadline(until))
        erased += outcome.erased
        wrong += [f"{day.rule} {day.store}: {error}".replace(" :", ":") for error in outcome.errors]
        if day.state == State.BRAKED:
            braked.append(day)
    _alarm(braked, now)
    note_erased(engine, erased)
    close_day(engine, held=0, left=0, now=now, error="; ".join(wrong))
    if wrong:
        raise RetentionIncomplete("; ".join(wrong))
    return erased


def _units() -> Iterator[Course | Sweep]:
    for rule in RULES:
        yield from (course for course in _courses.COURSES if course.rule == rule.key)
        yield from (sweep for sweep in _sweeps.SWEEPS if sweep.rule == rule.key)


def _store(unit: Course | Sweep) -> str:
    return unit.store if isinstance(unit, Sweep) else ""


def _deadline(until: float) -> TimeIsUp:
    return lambda: time.monotonic() >= until


@dataclass(slots=True)
class _Outcome:
    """What one tick did with one rule and store: what went, what is due and held, what is due and may go next time."""

    erased: int = 0
    held: int = 0
    left: int = 0
    wrong: list[Exception] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """Kinds of errors, which say nothing about anybody."""
        return sorted({type(error).__name__ for error in self.wrong})


def _run(unit: Course | Sweep, now: datetime, time_is_up: TimeIsUp) -> tuple[RetentionRun, _Outcome]:
    day = open_day(unit.rule, _store(unit), now=now)
    outcome = _Outcome(held=day.held)
    try:
        if isinstance(unit, Sweep):
            _sweep(unit, day, outcome, now, time_is_up)
        else:
            _follow(unit, day, outcome, now, time_is_up)
    except Exception as error:  # the others go on; the job fails at the end
        logger.exception("Retention of %s %s failed", day.rule, day.store)
        outcome.wrong.append(error)
    close_day(day, held=outcome.held, left=outcome.left, now=now, error=", ".join(outcome.errors))
    return day, outcome


def _sweep(sweep: Sweep, day: RetentionRun, outcome: _Outcome, now: datetime, time_is_up: TimeIsUp) -> None:
    before = gone_before(RULE[sweep.rule], legal_date(now))
    due = sweep.due(before)
    outcome.held = min(due, _held_before(day)) if due and _anything_held() else 0
    waiting = due - outcome.held
    count = permitted(day, waiting=waiting, population=sweep.population())
    if waiting and not count:
        outcome.left = waiting
        return
    limit = count + (outcome.held if count == waiting else 0)  # what was held may be free by now
    outcome.erased = sweep_store(sweep=sweep, day=day, limit=limit, now=now, time_is_up=time_is_up)
    left = sweep.due(before) if due else 0
    all_tried = outcome.erased < limit and not time_is_up()
    outcome.held, outcome.left = (left, 0) if left and all_tried and _anything_held() else (0, left)


def _anything_held() -> bool:
    holds = spared()
    return bool(holds.customers or holds.people or holds.subjects)


def _held_before(day: RetentionRun) -> int:
    last = RetentionRun.objects.filter(rule=day.rule, store=day.store, day__lte=day.day).order_by("-day").first()
    return last.held if last else 0


def _follow(course: Course, day: RetentionRun, outcome: _Outcome, now: datetime, time_is_up: TimeIsUp) -> None:
    plan_items(course=course, now=now)
    _told, wrong = give_retention_notices(course=course, now=now)
    outcome.wrong += wrong
    outcome.left, outcome.held = _waiting(course.rule, now)
    limit = permitted(day, waiting=outcome.left, population=course.population())
    tally = carry_out_items(course=course, limit=limit, now=now, time_is_up=time_is_up)
    note_erased(day, tally.erased)
    outcome.erased = tally.erased
    outcome.wrong += tally.wrong
    outcome.left, outcome.held = _waiting(course.rule, now)


def _waiting(rule: str, now: datetime) -> tuple[int, int]:
    """How many items may go now, and how many are held."""
    holds, today = spared(), legal_date(now)
    items = (
        RetentionItem.objects.filter(id__in=items_to_do(rule, now=now))
        .select_related("ledger_entry")
        .prefetch_related("notices")
    )
    due = [item for item in items if item.ledger_entry or act_on(item, item.due_on, today) <= today]
    held = sum(not item.ledger_entry and is_spared(item, holds) for item in due)
    return len(due) - held, held


def _alarm(braked: list[RetentionRun], now: datetime) -> None:
    """One mail to staff for what the brake has stopped since the last tick."""
    with transaction.atomic():
        ids = [day.id for day in braked]
        fresh = list(RetentionRun.objects.select_for_update().filter(id__in=ids, told_at=None).order_by("id"))
        if not fresh:
            return
        RetentionRun.objects.filter(id__in=[day.id for day in fresh]).update(told_at=now)
        facts = {
            "day_on": legal_date(now).isoformat(),
            "runs": [{"rule": day.rule, "store": day.store, "planned": day.planned} for day in fresh],
        }
        give_notice(kind="retention.braked", customer_id=None, now=now, people=staff_people(), facts=facts)
