"""Remembers for which customer somebody works, so that the next sign-in leads there."""

from __future__ import annotations

from accounts.models import Person
from kernel.actor import Actor


def remember_customer(*, actor: Actor) -> None:
    """Note the customer the actor acts for as the person's last one. Nothing that anybody else sees."""
    Person.objects.filter(pk=actor.person).update(last_customer_id=actor.customer)
