"""Drives one course as the retention engine does, without its loop: plan, notices, act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from kernel.clock import legal_date
from privacy.actions._ledger import note_erasure
from privacy.actions._retention import Candidate, Course
from privacy.catalogue import RULE
from privacy.models import RetentionItem, RetentionNotice
from privacy.rules.retention import due_on, earliest_act_on, notices_on


@dataclass
class Driver:
    """One course; what it has counted by item."""

    course: Course
    counts: dict[str, int] = field(default_factory=dict)

    def planned(self, now: datetime) -> dict[str, Candidate]:
        return {each.subject: each for each in self.course.candidates(now)}

    def item(self, subject: str, now: datetime) -> RetentionItem:
        """The item of what is planned for the subject."""
        found = self.planned(now)[subject]
        stale = RetentionItem.objects.filter(rule=self.course.rule, subject=subject, state="planned")
        stale.exclude(cycle=found.cycle).update(state="cancelled", ended_at=now)
        return RetentionItem.objects.get_or_create(
            rule=self.course.rule,
            subject=subject,
            cycle=found.cycle,
            defaults={
                "customer_id": found.customer_id,
                "due_on": due_on(RULE[self.course.rule], found.event_on),
                "found_at": now,
            },
        )[0]

    def tell(self, subject: str, now: datetime) -> int:
        """How many notices are given by now; of those that are late all at once."""
        item, rule, count = self.item(subject, now), RULE[self.course.rule], 0
        for days, on in notices_on(rule, item.due_on).items():
            if on <= legal_date(now) and not item.notices.filter(days_before=days).exists():
                RetentionNotice.objects.create(
                    item=item, days_before=days, given_on=legal_date(now), due_on_told=item.due_on
                )
                assert self.course.tell is not None
                self.course.tell(item, days, item.due_on, now)
                count += 1
        return count

    def act(self, item: RetentionItem, now: datetime, *, killed_before: str = "") -> bool:
        """Whether it was erased, and nothing is left; killed before a step it stays begun."""
        if not self._begin(item, now):
            return False
        for step in self.course.steps:
            if step.name == killed_before:
                return True
            for name, count in step.act(item, now).items():
                self.counts[name] = self.counts.get(name, 0) + count
        assert not any(self.course.left(item.subject).values())
        RetentionItem.objects.filter(pk=item.pk).update(state="done", ended_at=now)
        return True

    def _begin(self, item: RetentionItem, now: datetime) -> bool:
        if item.state == RetentionItem.State.CLAIMED:
            return True
        with transaction.atomic():
            found = self.course.candidate(item.subject, now)
            if found is None or found.cycle != item.cycle:
                return False
            due, given = due_on(RULE[item.rule], found.event_on), item.notices.values_list("days_before", "given_on")
            earliest = earliest_act_on(RULE[item.rule], due, given)
            if earliest is None or earliest > legal_date(now) or not self.course.seize(item, now):
                return False
            item.state, item.claimed_at = RetentionItem.State.CLAIMED, now
            item.ledger_entry = note_erasure(
                rule=item.rule, step="begun", kind=self.course.kind, subject=item.subject, counts={}, now=now
            )
            item.save()
        return True
