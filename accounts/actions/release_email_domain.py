"""Gives up a domain: the provider's word about addresses in it counts no more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import EmailDomain
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound


def release_email_domain(*, actor: Actor, domain_id: str, now: datetime) -> None:
    """Members stay. Raises `NotFound` for a stranger's domain."""
    actor.require("customer.manage")
    with transaction.atomic():
        domain = EmailDomain.objects.select_for_update().filter(customer_id=actor.customer, id=domain_id).first()
        if domain is None:
            raise NotFound
        domain.delete()
        facts = {"name": domain.name, "proved": domain.verified_at is not None}
        audit.record(actor=actor, action="email_domain.released", now=now, subject=domain_id, details=facts)
