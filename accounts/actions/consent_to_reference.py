"""A customer agrees to be named as a reference."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.models import Customer, ReferenceConsent
from accounts.rules.references import WORDS_VERSION, words_digest
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import InvalidInput


def consent_to_reference(*, actor: Actor, name: bool, logo: bool, words: str, now: datetime) -> ReferenceConsent:
    """The consent, in place of an earlier one (clause C11). `words` are those that were on the page.

    Raises `Forbidden` without `customer.manage`, `InvalidInput` for a consent to nothing.
    """
    actor.require("customer.manage")
    if not (name or logo):
        raise InvalidInput
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        earlier = ReferenceConsent.objects.filter(customer_id=actor.customer, withdrawn_at=None)
        earlier.update(withdrawn_at=now, withdrawn_by_name=actor.name)
        consent = ReferenceConsent.objects.create(
            customer_id=actor.customer,
            name=name,
            logo=logo,
            words_version=WORDS_VERSION,
            words=words,
            words_sha256=words_digest(words),
            given_by=actor.id,
            given_by_name=actor.name,
            given_at=now,
        )
        facts = {"name": name, "logo": logo, "words_version": WORDS_VERSION, "words_sha256": consent.words_sha256}
        audit.record(actor=actor, action="reference.consented", now=now, subject=consent.id, details=facts)
        outbox.emit("reference.consented", now=now, customer_id=actor.customer, subject=consent.id, payload=facts)
        give_notice(
            kind="reference.consented",
            customer_id=actor.customer,
            now=now,
            permission="customer.manage",
            subject=consent.id,
            facts=facts | {"by": actor.name, "words": words},
        )
    return consent
