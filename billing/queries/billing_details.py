"""Who is invoiced, where to, in which language: what an invoice copies on its day of issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.queries.registration import Registration, registration_of
from billing.models import BillingDetails
from kernel.actor import Actor


@dataclass(frozen=True, kw_only=True)
class DetailsView:
    """What the customer has said about its invoices, and who it is; both as they are now."""

    customer: Registration
    emails: tuple[str, ...]
    buyer_reference: str
    order_number: str
    language: str
    attached_format: str


def billing_details_of(actor: Actor) -> DetailsView:
    """The details of the actor's customer. Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    return _details(str(actor.customer))


def buyer_details(customer_id: str) -> dict[str, Any]:
    """The buyer as a finalised document keeps it (`Invoice.buyer`), as of now; JSON.

    `name`, `kind` (legal_entity or natural_person), `register_number`, `vat_number`, `street`, `postcode`, `city`,
    `country` (ISO 3166), `buyer_reference`, `order_number`, `language` (a code of `settings.LANGUAGES`, for
    `Invoice.language`).
    """
    details = _details(customer_id)
    customer = details.customer
    return {
        "name": customer.name,
        "kind": customer.kind,
        "register_number": customer.register_number,
        "vat_number": customer.vat_number,
        "street": customer.street,
        "postcode": customer.postcode,
        "city": customer.city,
        "country": customer.country,
        "buyer_reference": details.buyer_reference,
        "order_number": details.order_number,
        "language": details.language or customer.language,
    }


def _details(customer_id: str) -> DetailsView:
    customer = registration_of(customer_id)
    row = BillingDetails.objects.filter(pk=customer_id).first() or BillingDetails(customer_id=customer_id)
    return DetailsView(
        customer=customer,
        emails=tuple(row.emails),
        buyer_reference=row.buyer_reference,
        order_number=row.order_number,
        language=row.language,
        attached_format=row.attached_format,
    )
