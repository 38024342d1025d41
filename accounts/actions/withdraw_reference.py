"""A customer no longer wants to be named as a reference."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.models import ReferenceConsent
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import Refusal


class NoReferenceConsent(Refusal):
    """There is nothing to withdraw."""

    code = "no_reference_consent"
    status = 409
    title = _("This customer is not named as a reference.")


def withdraw_reference(*, actor: Actor, now: datetime) -> None:
    """End the consent at once (clause C11). Raises `Forbidden` without `customer.manage`, `NoReferenceConsent`."""
    actor.require("customer.manage")
    with transaction.atomic():
        held = ReferenceConsent.objects.select_for_update().filter(customer_id=actor.customer, withdrawn_at=None)
        consent = held.first()
        if consent is None:
            raise NoReferenceConsent
        consent.withdrawn_at, consent.withdrawn_by_name = now, actor.name
        consent.save(update_fields=["withdrawn_at", "withdrawn_by_name"])
        audit.record(actor=actor, action="reference.withdrawn", now=now, subject=consent.id)
        outbox.emit("reference.withdrawn", now=now, customer_id=actor.customer, subject=consent.id)
        give_notice(
            kind="reference.withdrawn",
            customer_id=actor.customer,
            now=now,
            permission="customer.manage",
            subject=consent.id,
            facts={"by": actor.name},
        )
