"""What single items cost, and what a customer owes for those it ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef

from billing.models import Charge, Invoice, InvoiceLine, Item, ItemPrice
from kernel.actor import Actor

_CERTIFICATES = {
    1: Item.CERTIFICATE_1_YEAR,
    2: Item.CERTIFICATE_2_YEARS,
    3: Item.CERTIFICATE_3_YEARS,
}


@dataclass(frozen=True, kw_only=True)
class CertificatePrice:
    """What a qualified seal certificate costs for `years` (A4), in EUR without VAT; `item` is what is charged."""

    years: int
    item: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class ChargeView:
    """A charge that no invoice carries yet, in EUR without VAT; `item` is a code, `name` in the reader's language.

    An additional service is called as it was when it was ordered. `unit_price` is that of one of the `quantity`.
    """

    id: str
    item: str
    name: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    occurred_at: datetime


def certificate_prices(on: date) -> list[CertificatePrice]:
    """The prices of certificates in force on the legal date `on`, the shortest validity first."""
    amounts = dict(ItemPrice.objects.in_force(on).values_list("item", "amount"))
    return [
        CertificatePrice(years=years, item=item.value, amount=amounts[item.value])
        for years, item in _CERTIFICATES.items()
        if item.value in amounts
    ]


def charges_to_invoice(actor: Actor) -> list[ChargeView]:
    """What the actor's customer owes beside its plan and no final invoice carries, oldest first (B8).

    What was taken back is not owed.

    Nothing for who reads usage but not the bills. Raises `Forbidden` without `usage.read`.
    """
    actor.require("usage.read")
    if not actor.may("billing.read"):
        return []
    billed = InvoiceLine.objects.filter(charge=OuterRef("pk"), invoice__state=Invoice.State.FINALISED)
    owed = Charge.objects.standing().filter(~Exists(billed), customer_id=actor.customer).order_by("occurred_at", "id")
    return [
        ChargeView(
            id=charge.id,
            item=charge.item,
            name=charge.description or str(Item(charge.item).label),
            quantity=charge.quantity,
            unit_price=charge.amount if charge.unit_price is None else charge.unit_price,
            amount=charge.amount,
            occurred_at=charge.occurred_at,
        )
        for charge in owed
    ]
