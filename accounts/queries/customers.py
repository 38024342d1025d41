"""Customers by what staff call them."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Customer


def customer_named(text: str) -> str | None:
    """The id of the customer with this id or this address in the portal; None if there is none."""
    wanted = text.strip()
    found = Customer.objects.filter(id=wanted).first() or Customer.objects.filter(slug=wanted).first()
    return found.id if found else None


def names_of(customer_ids: Iterable[str]) -> dict[str, str]:
    """The names of these customers by their ids; of those that are gone nothing."""
    return dict(Customer.objects.filter(id__in=list(customer_ids)).values_list("id", "name"))
