"""Entering a customer's schema, for tasks, commands and the API; fails closed when the customer is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django_tenants.utils import get_tenant_model, schema_context

from kernel.tenancy.connection import connection

_REMEMBER_SECONDS = 10.0
_remembered: dict[tuple[str, str], tuple[float, Any]] = {}


class CustomerGone(Exception):
    """The customer does not exist (any more), so there is no schema to work in."""


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


@contextmanager
def customer_schema(customer_id: str) -> Iterator[Any]:
    """Run the block in the schema of the customer; raises `CustomerGone` instead of falling back to public."""
    customer = find_customer("id", customer_id)
    if customer is None or not customer.has_schema:
        raise CustomerGone(customer_id)
    with schema_context(customer.schema_name):
        yield customer


def enter_for_request(customer_id: str) -> Any:
    """Switch this thread to the customer's schema until `CustomerPathMiddleware` resets it after the answer."""
    customer = find_customer("id", customer_id)
    if customer is None or not customer.has_schema:
        raise CustomerGone(customer_id)
    connection.set_schema(customer.schema_name)
    return customer
