"""Chooses the customers that are told of a breach, and the words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries import open_customers
from accounts.queries.customers import customer_called
from kernel import outbox
from kernel.actor import Actor
from privacy.actions._breaches import held_breach, note
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import BreachNotice
from privacy.rules.contact import text_hash


def announce_breach(*, actor: Actor, breach_id: str, customers: Collection[str], words: str, now: datetime) -> int:
    """How many customers will be told in these `words`; without `customers` all that there are (E7, GDPR 33 (2)).

    `customers` are ids or addresses in the portal. Who was told the same before is not told again; new words may
    follow. Raises `Forbidden` for anybody but staff, `NotFound`, `BreachClosed`, and `InvalidInput` for a customer that
    there is not or no words.
    """
    require_staff(actor)
    if not words.strip():
        raise _wrong("words", "required", _("Write what happened, what it means for the customer, and what to do."))
    chosen = [_known(each) for each in customers] or open_customers()
    with transaction.atomic():
        row = held_breach(breach_id)
        before = row.notices.count()
        BreachNotice.objects.bulk_create(
            [
                BreachNotice(breach=row, customer_id=each, words=words.strip(), words_sha256=text_hash(words.strip()))
                for each in dict.fromkeys(chosen)
            ],
            ignore_conflicts=True,
        )
        added = row.notices.count() - before
        note(actor, row, "breach.announced", now=now, customers=added)
        outbox.emit("breach.announced", now=now, customer_id=None, subject=row.id)
    return added


def _known(text: str) -> str:
    customer_id = customer_called(text)
    if customer_id is None:
        raise _wrong("customers", "not_found", _("There is no customer “%(name)s”.") % {"name": text})
    return customer_id
