"""Says for all members of a customer which documents they see and whether they may share."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Customer
from kernel import audit, outbox
from kernel.actor import Actor


def change_document_rules(*, actor: Actor, members_see_all: bool, members_share: bool, now: datetime) -> Customer:
    """The customer with its new rules, which hold from everybody's next request on (clause C2).

    `members_see_all`: members of whom nothing else is said see every document; `members_share`: they may share what
    they had sealed. What is shared already stays shared. Raises `Forbidden` without `customer.manage`.
    """
    actor.require("customer.manage")
    with transaction.atomic():
        customer: Customer = Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        before = {"members_see_all": customer.members_see_all, "members_share": customer.members_share}
        after = {"members_see_all": members_see_all, "members_share": members_share}
        Customer.objects.filter(id=customer.id).update(**after)
        customer.refresh_from_db()
        facts = {"from": before, "to": after}
        event = "customer.document_rules_changed"
        audit.record(actor=actor, action=event, now=now, subject=customer.id, details=facts)
        outbox.emit(event, now=now, customer_id=actor.customer, subject=customer.id, payload=facts)
    return customer
