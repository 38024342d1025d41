"""Finds what a rule takes away one day, and what it does not take away any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from privacy.actions._retention import Candidate, Course
from privacy.catalogue import RULE
from privacy.models import RetentionItem, RetentionNotice
from privacy.rules.retention import due_on

State = RetentionItem.State
_AT_ONCE = 500


def plan_items(*, course: Course, now: datetime) -> int:
    """How many open items the rule has. Safe to run twice and beside itself.

    Whose clock stopped is cancelled; whose clock began anew is another item; a due date that changed is written. An
    item that is being carried out is left alone: the transaction that acts looks for itself.
    """
    found = {candidate.subject: candidate for candidate in course.candidates(now)}
    known = {item.subject: item for item in RetentionItem.objects.filter(rule=course.rule, state=State.PLANNED)}
    _cancel([item for item in known.values() if not _same(found.get(item.subject), item)], now)
    for subject, candidate in found.items():
        item = known.get(subject)
        if item is not None and _same(candidate, item):
            _correct(course, item, candidate)
    fresh = [each for subject, each in found.items() if subject not in known or not _same(each, known[subject])]
    for start in range(0, len(fresh), _AT_ONCE):
        _open(course, fresh[start : start + _AT_ONCE], now)
    return RetentionItem.objects.filter(rule=course.rule, state__in=[State.PLANNED, State.CLAIMED]).count()


def _same(candidate: Candidate | None, item: RetentionItem) -> bool:
    return candidate is not None and candidate.cycle == item.cycle


def _cancel(items: Iterable[RetentionItem], now: datetime) -> None:
    ids = [item.id for item in items]
    RetentionItem.objects.filter(id__in=ids, state=State.PLANNED).update(state=State.CANCELLED, ended_at=now)


def _correct(course: Course, item: RetentionItem, candidate: Candidate) -> None:
    due = due_on(RULE[course.rule], candidate.event_on)
    written = (item.due_on, item.customer_id, item.person_id)
    if written != (due, candidate.customer_id, candidate.person_id):
        RetentionItem.objects.filter(id=item.id, state=State.PLANNED).update(
            due_on=due, customer_id=candidate.customer_id, person_id=candidate.person_id
        )


@transaction.atomic
def _open(course: Course, candidates: list[Candidate], now: datetime) -> None:
    """New items. One whose clock stopped and goes on counts as never told: notices of before say nothing now."""
    by_cycle = {(each.subject, each.cycle): each for each in candidates}
    subjects = [each.subject for each in candidates]
    stopped = RetentionItem.objects.filter(rule=course.rule, state=State.CANCELLED, subject__in=subjects)
    for item in stopped.select_for_update().order_by("id"):
        candidate = by_cycle.get((item.subject, item.cycle))
        busy = RetentionItem.objects.filter(
            rule=course.rule, subject=item.subject, state__in=[State.PLANNED, State.CLAIMED]
        )
        if candidate is not None and not busy.exists():
            RetentionNotice.objects.filter(item=item).delete()
            item.state, item.ended_at, item.found_at = State.PLANNED, None, now
            item.due_on = due_on(RULE[course.rule], candidate.event_on)
            item.customer_id, item.person_id = candidate.customer_id, candidate.person_id
            item.save(update_fields=["state", "ended_at", "found_at", "due_on", "customer_id", "person_id"])
    RetentionItem.objects.bulk_create(
        [
            RetentionItem(
                rule=course.rule,
                subject=each.subject,
                customer_id=each.customer_id,
                person_id=each.person_id,
                cycle=each.cycle,
                due_on=due_on(RULE[course.rule], each.event_on),
                found_at=now,
            )
            for each in candidates
        ],
        ignore_conflicts=True,
    )
