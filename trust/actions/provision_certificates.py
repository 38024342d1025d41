"""Provides a new customer with what it needs to seal, where certificates are issued at once."""

from __future__ import annotations

from datetime import datetime

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.tenancy.context import find_customer
from trust.actions.provision_certificate import provision_certificate
from trust.gateways.ca import issues_at_once
from trust.models import SealCertificate
from trust.rules.certificates import SealSubject


def provision_certificates(*, actor: Actor, customer_id: str, now: datetime) -> list[SealCertificate]:
    """A test and a live certificate in the customer's name, of those that are issued at once.

    Where CA_GATEWAY is `manual` live certificates are ordered, where TEST_CA_GATEWAY is, test certificates too. Safe
    to run again after any failure. Raises NotFound and what `provision_certificate` raises.
    """
    customer = find_customer("id", customer_id)
    if customer is None:
        raise NotFound
    subject = SealSubject(
        common_name=customer.name[:64],
        organization=customer.name[:64],
        country=customer.country,
        # The development authority verifies nothing; a real order states the entry in the trade register.
        organization_identifier=f"NTR{customer.country}-{customer.id.removeprefix('cus_').upper()}",
    )
    return [
        provision_certificate(actor=actor, customer_id=customer_id, live=live, subject=subject, now=now)
        for live in (False, True)
        if issues_at_once(live=live)
    ]
