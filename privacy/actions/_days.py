"""A day of the engine with one rule and store: its row, and whether the brake stops it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

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


def permitted(day: RetentionRun, *, waiting: int, population: int) -> int:
    """How many of those that wait may go now: all, or what is left of what a second person released, or none.

    Writes what is planned today, what went already included, and that it waits when none may go. `population` is what
    is there now.
    """
    planned, everything = day.erased + waiting, population + day.erased
    count = waiting
    usual, days = _erased_before(day), _days_since(day)
    if not RULE[day.rule].unbraked and run_is_suspicious(planned, everything, usual, days=days):
        count = max(0, min(waiting, day.allowed - day.erased))
    day.planned, day.population = planned, everything
    day.state = State.BRAKED if waiting and not count else State.RUNNING
    day.save(update_fields=["planned", "population", "state"])
    return count


def note_erased(day: RetentionRun, count: int) -> None:
    """Add to what went today; others may be adding, too."""
    RetentionRun.objects.filter(id=day.id).update(erased=F("erased") + count)
    day.refresh_from_db(fields=["erased"])


def close_day(day: RetentionRun, *, held: int, left: int, now: datetime, error: str = "") -> None:
    """The tick is over: what is held, what is left although it may go, and what went wrong."""
    with transaction.atomic():
        row = RetentionRun.objects.select_for_update().get(id=day.id)
        row.held, row.error, row.ended_at = held, error[:200], now
        if error:
            row.state = State.FAILED
        elif row.state != State.BRAKED:
            row.state = State.RUNNING if left else State.DONE
        row.save(update_fields=["held", "error", "ended_at", "state"])
    day.refresh_from_db()


def _erased_before(day: RetentionRun) -> list[int]:
    earlier = RetentionRun.objects.filter(rule=day.rule, store=day.store, day__lt=day.day, erased__gt=0)
    return list(earlier.order_by("-day").values_list("erased", flat=True)[:_DAYS_COMPARED])


def _days_since(day: RetentionRun) -> int:
    """Days since the engine last went through it. What waits for a second person goes on waiting, however long."""
    earlier = RetentionRun.objects.filter(rule=day.rule, store=day.store, day__lt=day.day, ended_at__isnull=False)
    last = earlier.exclude(state=State.FAILED).order_by("-day").first()
    return 1 if last is None or last.state == State.BRAKED else (day.day - last.day).days
