"""Removes a customer's identity provider; its identities and the sessions that it opened end with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.models import Customer, IdentityProvider
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.tenancy.context import forget_customers


def remove_provider(*, actor: Actor, now: datetime) -> None:
    """Members sign in by means of their own again (clause C10). Raises `NotFound` when there is no provider."""
    actor.require("customer.manage")
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        provider = IdentityProvider.objects.filter(customer=customer).first()
        if provider is None:
            raise NotFound
        rules = replace(customer.sign_in, provider="", provider_required=False)
        Customer.objects.filter(id=customer.id).update(sign_in_rules=rules.to_store())
        facts = {"name": provider.name, "kind": provider.kind, "issuer": provider.issuer}
        provider_id = provider.id
        provider.delete()
        event = "identity_provider.removed"
        audit.record(actor=actor, action=event, now=now, subject=provider_id, details=facts)
        outbox.emit(event, now=now, customer_id=actor.customer, subject=provider_id, payload=facts)
        give_notice(
            kind="sign_in_rules.changed",
            customer_id=actor.customer,
            now=now,
            permission="customer.manage",
            facts={"by": actor.name},
            subject=provider_id,
        )
    forget_customers()
