"""Deletes what accounts keep for a customer while it has an account."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.models import Customer, Notice, Person
from accounts.queries.erasures import mails_waiting, notices_with_names, rows_of_customer
from accounts.rules.notices import NAMES_IN_FACTS
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.traces import in_batches


def delete_account_rows(*, actor: Actor, customer_id: str) -> Mapping[str, int]:
    """How many rows went, by name: memberships, invitations, API tokens, webhooks with what they were told, and so on.

    Contract and bookkeeping stay (D4), notices among them, without the names in them. In batches, each a transaction
    of its own; may be killed anywhere, repeated, and run twice at once. Raises `NotFound` unless the customer is
    closed.
    """
    actor.require("customer.end")
    if not Customer.objects.filter(id=customer_id, status=Customer.Status.CLOSED).exists():
        raise NotFound
    Person.objects.filter(last_customer_id=customer_id).update(last_customer=None)
    Person.objects.filter(managed_by_id=customer_id).update(managed_by=None)
    mails_waiting(customer_id).update(state="failed")
    _strip_notices(customer_id)
    return {name: in_batches(rows) for name, rows in rows_of_customer(customer_id)}


def _strip_notices(customer_id: str) -> None:
    for notice in notices_with_names(customer_id).only("facts").iterator():
        facts = {name: fact for name, fact in notice.facts.items() if name not in NAMES_IN_FACTS}
        Notice.objects.filter(pk=notice.pk).update(facts=facts)
