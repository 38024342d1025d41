"""Entering a customer's schema, for tasks, commands and the API; fails closed when the customer is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from django_tenants.utils import get_tenant_model, schema_context

from kernel.errors import Outage
from kernel.tenancy.blueprint import schema_version
from kernel.tenancy.connection import connection

_REMEMBER_SECONDS = 10.0
_remembered: dict[tuple[str, str], tuple[float, Any]] = {}


class CustomerGone(Exception):
    """The customer does not exist (any more), so there is no schema to work in."""


class SchemaLags(Outage):
    """The customer's schema has not been migrated yet; it will be in a moment, or staff are told."""

    code = "upgrade_in_progress"


def find_customer(field: str, value: str) -> Any | None:
    """The customer whose `field` (`id` or `slug`) is `value`, remembered for ten seconds in this process."""
    found = _remembered.get((field, value))
    if found is None or found[0] < time.monotonic():
        if len(_remembered) > 5_000:
            _remembered.clear()
        customer = get_tenant_model().objects.filter(**{field: value}).first()
        found = _remembered[field, value] = (time.monotonic() + _REMEMBER_SECONDS, customer)
    return found[1]


def forget_customers() -> None:
    """Drop what is remembered, after a customer was changed in this process."""
    _remembered.clear()


def _with_schema(customer_id: str) -> Any:
    customer = find_customer("id", customer_id)
    if customer is None or not customer.has_schema:
        raise CustomerGone(customer_id)
    refuse_lagging(customer)
    return customer


def refuse_closed(customer_id: str) -> None:
    """Raise `CustomerGone` for a customer that is closed at this moment, whatever this process remembers of it."""
    customer = get_tenant_model().objects.filter(id=customer_id).first()
    if customer is not None and not customer.has_schema:
        raise CustomerGone(customer_id)


def refuse_lagging(customer: Any) -> None:
    """Raise `SchemaLags` for a customer whose schema has not seen this version's migrations."""
    if customer.schema_version != schema_version():
        forget_customers()
        raise SchemaLags(_("This account is being upgraded."))


@contextmanager
def customer_schema(customer_id: str) -> Iterator[Any]:
    """Run the block in the schema of the customer; raises `CustomerGone` instead of falling back to public.

    Raises `SchemaLags` while the schema is older than the code.
    """
    customer = _with_schema(customer_id)
    with schema_context(customer.schema_name):
        yield customer


def enter_for_request(customer_id: str) -> Any:
    """Switch this thread to the customer's schema until `CustomerPathMiddleware` resets it after the answer."""
    customer = _with_schema(customer_id)
    connection.set_schema(customer.schema_name)
    return customer
