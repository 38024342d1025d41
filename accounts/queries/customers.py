"""Customers by what staff call them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from accounts.models import Customer


def customer_called(text: str) -> str | None:
    """The id of the customer with this id or portal address; None where there is no such."""
    found = Customer.objects.filter(Q(pk=text.strip()) | Q(slug=text.strip())).first()
    return found.pk if found else None


def names_of_customers(customer_ids: set[str]) -> dict[str, str]:
    """What the customers are called, by their ids."""
    return {pk: f"{name} ({slug})" for pk, name, slug in _named(customer_ids)}


def _named(customer_ids: set[str]) -> list[tuple[str, str, str]]:
    return list(Customer.objects.filter(pk__in=customer_ids).values_list("pk", "name", "slug"))


def customers_with_name(text: str) -> set[str]:
    """The ids of the customers that are called exactly so, whatever the case."""
    return set(Customer.objects.filter(name__iexact=text).values_list("pk", flat=True)) if text else set()


def names_of(customer_ids: Iterable[str]) -> dict[str, str]:
    """The names of these customers by their ids; of those that are gone nothing."""
    return dict(Customer.objects.filter(id__in=list(customer_ids)).values_list("id", "name"))
