"""Takes back what somebody agreed to for customers: to be named as a reference."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.models import Membership, ReferenceConsent
from kernel import audit, outbox
from kernel.actor import Actor


def withdraw_references_given(*, actor: Actor, person_id: int, now: datetime) -> int:
    """How many consents ended: those that this person gave, at any customer, from this moment (C11, D1; GDPR 21 (3)).

    The customers' administrators get a notice, and may agree anew themselves. None is no failure: there was nothing.
    """
    memberships = Membership.objects.filter(person_id=person_id).values_list("id", flat=True)
    with transaction.atomic():
        given = ReferenceConsent.objects.select_for_update().filter(given_by__in=list(memberships), withdrawn_at=None)
        consents = list(given.order_by("id"))
        for consent in consents:
            _withdraw(actor, consent, now)
    return len(consents)


def _withdraw(actor: Actor, consent: ReferenceConsent, now: datetime) -> None:
    consent.withdrawn_at, consent.withdrawn_by_name = now, actor.name
    consent.save(update_fields=["withdrawn_at", "withdrawn_by_name"])
    customer_id = consent.customer_id
    audit.record(actor=actor, action="reference.withdrawn", now=now, customer_id=customer_id, subject=consent.id)
    outbox.emit("reference.withdrawn", now=now, customer_id=customer_id, subject=consent.id)
    give_notice(
        kind="reference.withdrawn",
        customer_id=customer_id,
        now=now,
        permission="customer.manage",
        subject=consent.id,
        facts={"by": actor.name},
    )
