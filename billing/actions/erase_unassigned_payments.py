"""Erases payments that nobody was found for, ten years after their year."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from billing.queries.old_books import unassigned_before
from kernel.actor import Actor
from kernel.audit import record


@transaction.atomic
def erase_unassigned_payments(*, actor: Actor, before: datetime, limit: int, spared: Collection[str]) -> int:
    """Erase at most `limit` payments of unknown payers from before that moment, but none of `spared`; how many (D4).

    They leave the queue and the books, with an entry in the trail of the amount and the day of each. Who claims one
    later is shown that. Payments that somebody is just assigning stay. The moment is the database's, by which it judges
    what is old enough. Raises `Forbidden`.
    """
    actor.require("billing.manage")
    keys = [key for key in unassigned_before(before=before) if key not in spared][:limit]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, amount, value_on, kernel_erasing_clock() FROM billing_erase_unassigned(%s, %s)", [keys, before]
        )
        gone = cursor.fetchall()
    for key, amount, value_on, now in gone:
        facts = {"amount": str(amount), "value_on": value_on.isoformat()}
        record(actor=actor, action="payment.erased_unassigned", now=now, subject=key, details=facts)
    return len(gone)
