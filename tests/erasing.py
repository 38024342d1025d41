"""Carries an erasure out as the engine does: seize, ledger, steps, what is left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.actions.end_contract import end_contract
from accounts.queries.erasures import erasure_to_come
from kernel.clock import legal_date
from privacy.actions._content import CONTENT
from privacy.actions._customer import CUSTOMER_STEPS, left_of_customer
from privacy.actions._ledger import keep_outside, note_erasure
from privacy.actions._retention import Step
from privacy.models import RetentionItem
from privacy.rules.receipts import added_up
from tests.cast import Member


def ended(owner: Member, *, now: datetime) -> None:
    """The owner ends the contract at once."""
    end_contract(actor=owner.actor, name=owner.customer.name, at_once=True, now=now)


def seized(customer_id: str, *, now: datetime) -> RetentionItem:
    """The customer is closed, and the ledger knows it inside and outside."""
    found = erasure_to_come(customer_id)
    assert found is not None
    with transaction.atomic():
        item = RetentionItem.objects.create(
            rule="content",
            subject=customer_id,
            customer_id=customer_id,
            cycle=found.id,
            due_on=legal_date(now),
            state="claimed",
            found_at=now,
            claimed_at=now,
        )
        assert CONTENT.seize(item, now)
        entry = note_erasure(rule="content", step="seize", kind="customer", subject=customer_id, counts={}, now=now)
        item.ledger_entry = entry
        item.save()
    keep_outside(entry)
    return item


def carried_out(item: RetentionItem, *, now: datetime, steps: Iterable[Step] = CUSTOMER_STEPS) -> dict[str, int]:
    """All steps, one after the other; returns what went."""
    counts: dict[str, int] = {}
    for step in steps:
        counts = added_up(counts, step.act(item, now))
    if not left_of_customer(item.customer_id):
        RetentionItem.objects.filter(id=item.id).update(state="done", ended_at=now)
    return counts
