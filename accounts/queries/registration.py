"""How a customer is registered, for who writes to it or about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accounts.models import Customer, Membership
from kernel.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A customer's particulars as they are now, and the language that its first owner reads."""

    name: str
    kind: str
    country: str
    register_number: str
    vat_number: str
    street: str
    postcode: str
    city: str
    language: str


def registration_of(customer_id: str) -> Registration:
    """The particulars of any customer; who asks has authorised it. Raises `NotFound`."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise NotFound
    owners = Membership.objects.active().filter(customer_id=customer_id, role="owner").order_by("created_at")
    language = owners.values_list("person__language", flat=True).first()
    return Registration(
        name=customer.name,
        kind=customer.kind,
        country=customer.country,
        register_number=customer.register_number,
        vat_number=customer.vat_number,
        street=customer.street,
        postcode=customer.postcode,
        city=customer.city,
        language=language or settings.LANGUAGE_CODE,
    )
