"""Tells those concerned that something of theirs is about to go."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from django.db import transaction

from kernel.clock import legal_date
from privacy.actions._holds import is_spared, keep_holds_still, spared
from privacy.actions._retention import Course
from privacy.catalogue import RULE
from privacy.models import RetentionItem, RetentionNotice
from privacy.rules.retention import due_on, notice_due

logger = logging.getLogger(__name__)

State = RetentionItem.State


def give_retention_notices(*, course: Course, now: datetime) -> tuple[int, list[Exception]]:
    """How many notices were given now, and what went wrong with single ones. Each is given once (C9, B11).

    Nobody is told of what is held: it does not go. The notice tells the day of the act, which a late notice moves.
    What `plan_items` has just dated is looked at closely only where a notice is missing by now.
    """
    rule, today = RULE[course.rule], legal_date(now)
    if not rule.notice_days:
        return 0, []
    until = today + timedelta(days=max(rule.notice_days))
    waiting = RetentionItem.objects.filter(rule=course.rule, state=State.PLANNED, due_on__lte=until)
    count, wrong = 0, []
    for item in waiting.order_by("due_on", "id").prefetch_related("notices"):
        if notice_due(rule, item.due_on, _given(item), today) is None:
            continue
        try:
            count += _tell(course, item.id, now)
        except Exception as error:  # the others are told
            logger.exception("Notice of the retention item %s of %s failed", item.id, course.rule)
            wrong.append(error)
    return count, wrong


def _given(item: RetentionItem) -> list[tuple[int, date]]:
    return [(notice.days_before, notice.given_on) for notice in item.notices.all()]


@transaction.atomic
def _tell(course: Course, item_id: str, now: datetime) -> bool:
    rule, today = RULE[course.rule], legal_date(now)
    keep_holds_still()
    item = RetentionItem.objects.select_for_update().filter(id=item_id, state=State.PLANNED).first()
    candidate = None if item is None else course.candidate(item.subject, now)
    if item is None or candidate is None or candidate.cycle != item.cycle or is_spared(candidate, spared()):
        return False
    due = notice_due(rule, due_on(rule, candidate.event_on), _given(item), today)
    if due is None:
        return False
    days_before, act_on = due
    RetentionNotice.objects.create(item=item, days_before=days_before, given_on=today, due_on_told=act_on)
    if course.tell is not None:
        course.tell(item, days_before, act_on, now)
    return True
