"""Erases, subject by subject, what is due: the heart of the retention engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._holds import is_spared, keep_holds_still, spared
from privacy.actions._items import act_on, claim, items_to_do, keep, let_go, renew
from privacy.actions._ledger import keep_outside, note_erasure
from privacy.actions._retention import Candidate, Course
from privacy.actions.keep_ledger_outside import keep_ledger_outside
from privacy.catalogue import RULE
from privacy.models import RetentionItem
from privacy.rules.receipts import RESUMED
from privacy.rules.retention import due_on

logger = logging.getLogger(__name__)

State = RetentionItem.State
BEGUN, DONE = "begun", "done"  # steps of the ledger


class StillThere(Exception):
    """The steps were done, and something is left."""


@dataclass(slots=True)
class Tally:
    """What became of the items that were looked at."""

    erased: int = 0
    wrong: list[Exception] = field(default_factory=list)


def carry_out_items(
    *, course: Course, limit: int, now: datetime, time_is_up: Callable[[], bool] = lambda: False
) -> Tally:
    """Carry out at most `limit` due items of the course (D3, C9, B11).

    Each is claimed, looked at again and written into the ledger in the transaction that closes the door, then erased
    step by step. Killed anywhere and run again it ends the same; one that fails leaves the others alone. Raises
    `OSError` before anything is touched where the ledger outside cannot be written.
    """
    keep_ledger_outside()
    tally = Tally()
    for place, item_id in enumerate(items_to_do(course.rule, now=now)):
        if tally.erased >= limit or (place and time_is_up()):
            break
        try:
            outcome = _carry_out(course, item_id, now)
        except Exception as error:  # logged with what it concerns; the next tick tries again
            logger.exception("Retention item %s of %s failed", item_id, course.rule)
            tally.wrong.append(error)
        else:
            tally.erased += outcome == "done"
    return tally


def _carry_out(course: Course, item_id: str, now: datetime) -> str:
    item = claim(item_id)
    if item is None:
        return "taken"
    try:
        if item.ledger_entry is not None:
            if item.step or not item.counts:  # else every step was counted, and all begin anew
                _record(item, item.step, {RESUMED: 1})
        elif refused := _act(course, item, now):
            return refused
        if item.ledger_entry is not None:  # as it is by now
            keep_outside(item.ledger_entry)
        _take_steps(course, item, now)
        _finish(course, item, now)
    except Exception:
        let_go(item)
        raise
    return "done"


def _act(course: Course, item: RetentionItem, now: datetime) -> str:
    """Look again and close the door, all or nothing; why not, or an empty string."""
    with transaction.atomic():
        keep_holds_still()  # before the row: who places a hold waits for us, or is seen below
        keep(item)
        candidate = course.candidate(item.subject, now)
        refused = _against(course, item, candidate, now)
        if not refused and not course.seize(item, now):
            refused = "not_now"
        if refused:
            _put_back(course, item, candidate, now)
            return refused
        item.ledger_entry = note_erasure(
            rule=item.rule, step=BEGUN, kind=course.kind, subject=item.subject, counts={}, now=now
        )
        item.save(update_fields=["ledger_entry"])
    return ""


def _against(course: Course, item: RetentionItem, candidate: Candidate | None, now: datetime) -> str:
    if candidate is None or candidate.cycle != item.cycle:
        return "stopped"
    if is_spared(candidate, spared()):
        return "held"
    today = legal_date(now)
    due = due_on(RULE[course.rule], candidate.event_on)
    return "" if act_on(item, due, today) <= today else "not_due"


def _put_back(course: Course, item: RetentionItem, candidate: Candidate | None, now: datetime) -> None:
    gone = candidate is None or candidate.cycle != item.cycle
    item.state, item.claimed_at = (State.CANCELLED if gone else State.PLANNED), None
    item.ended_at = now if gone else None
    if candidate is not None and not gone:
        item.due_on = due_on(RULE[course.rule], candidate.event_on)
    item.save(update_fields=["state", "claimed_at", "ended_at", "due_on"])


def _take_steps(course: Course, item: RetentionItem, now: datetime) -> None:
    names = [step.name for step in course.steps]
    done = names.index(item.step) + 1 if item.step in names else 0
    for step in course.steps[done:]:
        counts = step.act(item, now)
        _record(item, step.name, counts)
    left = {name: count for name, count in course.left(item.subject).items() if count}
    if left:
        _record(item, "", {})  # all over again: something came in between, or a step did not do what it says
        raise StillThere(", ".join(f"{name} {count}" for name, count in sorted(left.items())))


def _record(item: RetentionItem, step: str, counts: Mapping[str, int]) -> None:
    with transaction.atomic():
        keep(item)
        item.step = step
        item.counts = {**item.counts, **{name: item.counts.get(name, 0) + count for name, count in counts.items()}}
        item.save(update_fields=["step", "counts"])
        renew(item)


def _finish(course: Course, item: RetentionItem, now: datetime) -> None:
    with transaction.atomic():
        keep(item)
        item.state, item.ended_at = State.DONE, now
        item.save(update_fields=["state", "ended_at"])
        entry = note_erasure(
            rule=item.rule, step=DONE, kind=course.kind, subject=item.subject, counts=item.counts, now=now
        )
        system = Actor.system("privacy.run_retention")
        facts = {"rule": item.rule, "counts": item.counts}
        audit.record(actor=system, action="retention_item.done", now=now, subject=item.id, details=facts)
        outbox.emit("retention_item.done", now=now, customer_id=None, subject=item.id)
        if course.kind == "customer":
            outbox.emit("erasure_receipt.wanted", now=now, customer_id=None, subject=item.id)
    keep_outside(entry)
