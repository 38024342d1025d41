"""A day of the engine with one rule and store: its row, and whether the brake stops it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, F, Value, When

from kernel.clock import legal_date
from privacy.catalogue import RULE
from privacy.models import RetentionRun
from privacy.rules.retention import run_is_suspicious

State = RetentionRun.State
_DAYS_COMPARED = 60
ENGINE = ""  # the rule of the row that stands for the whole engine


def open_day(rule: str, store: str, *, now: datetime) -> RetentionRun:
    """The row of today, which the first tick of the day makes."""
    day: RetentionRun = RetentionRun.objects.get_or_create(
        rule=rule, store=store, day=legal_date(now), defaults={"state": State.RUNNING, "started_at": now}
    )[0]
    return day


def open_days(units: Iterable[tuple[str, str]], *, now: datetime) -> None:
    """The same for all of these rules and stores at once."""
    today = RetentionRun.objects.filter(day=legal_date(now))
    missing = set(units) - set(today.values_list("rule", "store"))
    RetentionRun.objects.bulk_create(
        [
            RetentionRun(rule=rule, store=store, day=legal_date(now), state=State.RUNNING, started_at=now)
            for rule, store in sorted(missing)
        ],
        ignore_conflicts=True,
    )


def permitted(day: RetentionRun, *, waiting: int, population: int) -> int:
    """How many of those that wait may go now: all, or what is left of what a second person released, or none.

    Writes what is planned today, what went already included, and that it waits when none may go. `population` is what
    is there now.
    """
    planned, everything = day.erased + waiting, population + day.erased
    count, state = waiting, State.RUNNING
    if not waiting and day.state != State.BRAKED:
        state = State(day.state)
    elif waiting and not RULE[day.rule].unbraked and _is_suspicious(day, planned, everything):
        count = max(0, min(waiting, day.allowed - day.erased))
        state = State.RUNNING if count else State.BRAKED
    if (day.planned, day.population, day.state) != (planned, everything, state):
        day.planned, day.population, day.state = planned, everything, state
        day.save(update_fields=["planned", "population", "state"])
    return count


def _is_suspicious(day: RetentionRun, planned: int, everything: int) -> bool:
    return run_is_suspicious(planned, everything, _erased_before(day), days=_days_since(day))


def note_erased(day: RetentionRun, count: int) -> None:
    """Add to what went today; others may be adding, too."""
    RetentionRun.objects.filter(id=day.id).update(erased=F("erased") + count)
    day.refresh_from_db(fields=["erased"])


def close_day(day: RetentionRun, *, held: int, left: int, now: datetime, error: str = "") -> None:
    """The tick is over: what is held, what is left although it may go, and what went wrong."""
    ended = Value(State.RUNNING if left else State.DONE)
    state = Value(State.FAILED) if error else Case(When(state=State.BRAKED, then=F("state")), default=ended)
    RetentionRun.objects.filter(id=day.id).update(held=held, error=error[:200], ended_at=now, state=state)
    day.refresh_from_db()


def _erased_before(day: RetentionRun) -> list[int]:
    earlier = RetentionRun.objects.filter(rule=day.rule, store=day.store, day__lt=day.day, erased__gt=0)
    return list(earlier.order_by("-day").values_list("erased", flat=True)[:_DAYS_COMPARED])


def _days_since(day: RetentionRun) -> int:
    """Days since the engine last went through it. What waits for a second person goes on waiting, however long."""
    earlier = RetentionRun.objects.filter(rule=day.rule, store=day.store, day__lt=day.day, ended_at__isnull=False)
    last = earlier.exclude(state=State.FAILED).order_by("-day").first()
    return 1 if last is None or last.state == State.BRAKED else (day.day - last.day).days
