"""Records that a domain is a customer's, by the hand of staff who have seen the proof."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import EmailDomain
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class DomainTaken(Refusal):
    code = "domain_taken"
    status = 409
    title = _("This domain is proven to be another customer’s.")


def verify_email_domain(*, actor: Actor, domain_id: str, now: datetime) -> EmailDomain:
    """The domain, which counts from now on, for this customer alone. For staff, who say what they have seen.

    Raises `Forbidden` for anybody else, `ReasonNeeded`, `NotFound`, `DomainTaken`.
    """
    actor.require("email_domain.verify")
    if not actor.reason.strip():
        raise ReasonNeeded
    try:
        with transaction.atomic():
            domain = EmailDomain.objects.select_for_update().filter(id=domain_id).first()
            if domain is None:
                raise NotFound
            domain.verified_at = domain.verified_at or now
            domain.save(update_fields=["verified_at"])
            facts, owner = {"name": domain.name}, domain.customer_id
            event = "email_domain.verified"
            audit.record(actor=actor, action=event, now=now, customer_id=owner, subject=domain.id, details=facts)
            outbox.emit(event, now=now, customer_id=owner, subject=domain.id, payload=facts)
            give_notice(
                kind=event, customer_id=owner, now=now, permission="customer.manage", facts=facts, subject=domain.id
            )
    except IntegrityError as error:
        raise DomainTaken from error
    return domain
