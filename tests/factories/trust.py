"""Customers that only need certificates: a row without a schema, which is all that trust looks at."""

from __future__ import annotations

import secrets
from datetime import datetime

from accounts.models import Customer
from kernel.actor import Actor
from kernel.models import Job
from trust.actions.prefetch_revocation import prefetch_revocation
from trust.actions.provision_certificate import provision_certificate
from trust.actions.refresh_revocation import refresh_revocation
from trust.actions.refresh_signer_revocation import refresh_signer_revocation
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


def fetch_ahead(now: datetime) -> dict[str, str]:
    """What the scheduler and its jobs do at `now`; returns what is wrong, by id."""
    prefetch_revocation(now=now)
    problems = {}
    for job in Job.objects.filter(state="queued", kind__startswith="trust.refresh_", created_at=now):
        if subject := job.payload.get("certificate"):
            problems[subject] = refresh_revocation(certificate_id=subject, now=now)
        else:
            subject = job.payload["authority"]
            problems[subject] = refresh_signer_revocation(authority_id=subject, now=now)
    return {subject: problem for subject, problem in problems.items() if problem}


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
