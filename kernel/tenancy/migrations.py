"""Which customer schemas lag behind, and bringing them up to date."""

from __future__ import annotations

from datetime import datetime

from django.db import DatabaseError, transaction
from django_tenants.utils import get_tenant_model

from kernel import outbox
from kernel.tenancy.blueprint import blueprint, migrate_schema, schema_version
from kernel.tenancy.context import forget_customers


def migrate_customers(*, now: datetime) -> tuple[int, dict[str, str]]:
    """Migrate every lagging schema; returns how many were, and the schemas that failed with the reason.

    Each emits `customer.migrated`, for what SQL alone cannot complete. A schema that fails keeps its old version, and
    its customer's portal answers 503 until it is repaired.
    """
    blueprint()
    migrated, failed = 0, {}
    for customer in get_tenant_model().objects.exclude(schema_version=schema_version()).order_by("schema_name"):
        try:
            with transaction.atomic():
                migrate_schema(customer.schema_name)
                type(customer).objects.filter(pk=customer.pk).update(schema_version=schema_version())
                outbox.emit("customer.migrated", now=now, customer_id=customer.pk, subject=customer.pk)
            migrated += 1
        except DatabaseError as error:
            failed[customer.schema_name] = str(error).strip()
    forget_customers()
    return migrated, failed
