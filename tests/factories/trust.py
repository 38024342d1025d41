"""Customers that only need certificates: a row without a schema, which is all that trust looks at."""

from __future__ import annotations

import secrets
from datetime import datetime

from accounts.models import Customer
from kernel.actor import Actor
from trust.actions.provision_certificate import provision_certificate
from trust.models import SealCertificate
from trust.rules.certificates import SealSubject

ACME = SealSubject("Acme seal", "Acme, UAB", "LT", "NTRLT-300000001")


def customer_row(name: str, now: datetime) -> Customer:
    """A customer that nobody can work in: closed, because only closed customers have no schema."""
    suffix = secrets.token_hex(4)
    return Customer.objects.create(
        name=name,
        slug=f"{name.lower()}-{suffix}",
        schema_name=f"c_{suffix}{suffix}",
        country="LT",
        schema_version="",
        status=Customer.Status.CLOSED,
        created_at=now,
    )


def administrator(customer: Customer) -> Actor:
    """Somebody of the customer who manages certificates."""
    permissions = frozenset({"certificate.read", "certificate.manage"})
    return Actor(kind="member", id="mem_1", name="Alice", customer_id=customer.id, permissions=permissions)


def active_certificate(
    customer: Customer, now: datetime, *, live: bool = True, key_algorithm: str = "ec-p256"
) -> SealCertificate:
    """A certificate to seal with."""
    return provision_certificate(
        actor=administrator(customer),
        customer_id=customer.id,
        live=live,
        subject=ACME,
        key_algorithm=key_algorithm,
        now=now,
    )
