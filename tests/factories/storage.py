"""Customers that have stored more than their plan has room for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal

from accounts.models import Customer
from billing.models import PlanVersion, StorageExcess, Subscription
from billing.rules.excess import excess_dates
from kernel import clock
from kernel.tenancy.context import customer_schema
from sealing.models import Document, Seal
from tests.cast import Member


def failed_seal(owner: Member) -> str:
    """The id of a document of 0.7 GB that was never sealed, without its file."""
    with customer_schema(owner.customer.id):
        seal = Seal.objects.create(
            status="failed",
            format="pades",
            level="B-T",
            live=False,
            certificate_id="x",
            certificate_subject="x",
            engine_version="x",
            encrypted_options=b"",
            requested_by=owner.membership.id,
            requested_by_name="Owner",
            accepted_at=clock.now(),
            failure_code="internal_error",
        )
        Document.objects.create(
            seal=seal,
            position=0,
            encrypted_name=b"",
            media_type="application/pdf",
            size=700_000_000,
            digest_algorithm="sha256",
            digest="",
            object_name=f"{owner.customer.id}/{seal.id}",
            created_at=clock.now(),
        )
    return str(seal.id)


def plan_with_room(customer: Customer, gigabytes: int | None, *, on: date) -> Subscription:
    """Another version of the customer's plan, of that day, which it has at once."""
    version = PlanVersion.objects.create(
        plan_id="1",
        effective_on=on,
        published_at=clock.now(),
        monthly_fee=Decimal("20.00"),
        included=100,
        overage_unit_price=Decimal("0.20"),
        setup_fee=Decimal(0),
        included_storage_gb=gigabytes,
        storage_gb_price=None if gigabytes is None else Decimal("0.10"),
    )
    Subscription.objects.filter(customer=customer).update(plan_version=version)
    return Subscription.objects.get(customer=customer)


def smaller_plan(customer: Customer, *, on: date) -> StorageExcess:
    """On that day its plan has shrunk to one gigabyte."""
    return StorageExcess.objects.create(
        customer=customer,
        subscription=plan_with_room(customer, 1, on=on),
        former_quota_gb=10,
        quota_gb=1,
        reduced_on=on,
        **asdict(excess_dates(on, "LT")),
    )
