"""What single items cost, and what a customer owes for those it ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.models import Charge, Item, ItemPrice
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
    """A charge that no invoice carries yet, in EUR without VAT; `item` is a code, `name` in the reader's language."""

    id: str
    item: str
    name: str
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
    """What the actor's customer owes beside its plan, oldest first; what was taken back is not owed, and
    what is on an issued invoice is not told here.

    Nothing for who reads usage but not the bills. Raises `Forbidden` without `usage.read`.
    """
    actor.require("usage.read")
    if not actor.may("billing.read"):
        return []
    owed = Charge.objects.standing().filter(customer_id=actor.customer).order_by("occurred_at", "id")
    owed = owed.exclude(invoice_lines__invoice__state="finalised")
    return [
        ChargeView(
            id=charge.id,
            item=charge.item,
            name=str(Item(charge.item).label),
            amount=charge.amount,
            occurred_at=charge.occurred_at,
        )
        for charge in owed
    ]
