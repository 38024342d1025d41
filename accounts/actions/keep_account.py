"""A person who belongs to no customer wants to keep their account (clause D3)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Person
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound


def keep_account(*, actor: Actor, now: datetime) -> Person:
    """The person who acts, whose clock begins anew with this moment; a wish to be erased is taken back.

    Their memberships stay ended: only an invitation or another application makes them a member. Raises `NotFound` for
    whose account is being erased already.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update(of=("self",)).filter(pk=actor.person, is_active=True).first()
        if person is None:
            raise NotFound
        person.deletion_asked_at, person.kept_at = None, now
        person.save(update_fields=["deletion_asked_at", "kept_at"])
        audit.record(actor=actor, action="person.deletion_withdrawn", now=now, subject=str(person.pk))
        outbox.emit("person.deletion_withdrawn", now=now, customer_id=None, subject=str(person.pk))
    return person
