"""Creates a customer, its schema and its first owner in one transaction."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.actions._customer_keys import new_customer_id
from accounts.models import Customer, Membership
from accounts.rules.applications import Particulars
from accounts.rules.permissions import Role
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, Refusal
from kernel.tenancy.blueprint import create_schema, schema_version
from kernel.tenancy.context import forget_customers

_NO_PARTICULARS = Particulars()
_RESERVED_SLUGS = {"public", "staff", "api", "account", "new"}


class CustomerNameTaken(Refusal):
    code = "customer_name_taken"
    status = 409
    title = _("A customer with this address in the portal exists already.")


def create_customer(
    *,
    actor: Actor,
    name: str,
    kind: str,
    country: str,
    owner_id: int,
    plan_code: str | None,
    now: datetime,
    slug: str | None = None,
    particulars: Particulars = _NO_PARTICULARS,
    customer_id: str | None = None,
) -> Customer:
    """The customer with an empty schema and the person `owner_id` as its owner (clauses C1, C2).

    `particulars` were checked when it applied. `slug` is its address under `/c/`; one is made from the name otherwise.
    `customer_id` is one whose key was made by `new_customer_id`; without one it is made here, and this must not run
    inside a transaction. Emits `customer.created` with `plan_code`, upon which the subscription and test certificates
    are prepared. Raises `CustomerNameTaken`.
    """
    if customer_id is None:
        with new_customer_id() as made:
            return create_customer(
                actor=actor,
                name=name,
                kind=kind,
                country=country,
                owner_id=owner_id,
                plan_code=plan_code,
                now=now,
                slug=slug,
                particulars=particulars,
                customer_id=made,
            )
    try:
        with transaction.atomic():
            customer = Customer(
                id=customer_id,
                slug=slug or _slug_for(name),
                schema_name=f"c_{secrets.token_hex(8)}",
                name=name,
                kind=kind,
                country=country,
                schema_version=schema_version(),
                created_at=now,
                **asdict(particulars),
            )
            customer.save(force_insert=True)
            create_schema(customer.schema_name)
            owner = Membership.objects.create(customer=customer, person_id=owner_id, role=Role.OWNER, created_at=now)
            _tell(actor, customer, owner, plan_code, now)
    except IntegrityError as error:
        if "slug" in str(error):
            raise CustomerNameTaken(errors=[FieldError("/slug", "taken", str(CustomerNameTaken.title))]) from error
        raise
    forget_customers()
    return customer


def _tell(actor: Actor, customer: Customer, owner: Membership, plan_code: str | None, now: datetime) -> None:
    event, facts = "customer.created", {"name": customer.name, "owner": owner.id}
    audit.record(actor=actor, action=event, now=now, customer_id=customer.id, subject=customer.id, details=facts)
    outbox.emit(event, now=now, customer_id=customer.id, subject=customer.id, payload={"plan_code": plan_code})


def _slug_for(name: str) -> str:
    stem = slugify(name).replace("_", "-")[:40].strip("-") or "customer"
    with connection.cursor() as cursor:  # two customers of one name at one moment: the second waits, then differs
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.slug:' || %s))", [stem])
    if stem in _RESERVED_SLUGS or Customer.objects.filter(slug=stem).exists():
        return f"{stem}-{secrets.token_hex(3)}"
    return stem
