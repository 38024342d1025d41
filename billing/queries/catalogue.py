"""What is for sale: public plans with all their prices, and additional services; and what was ordered of those."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q

from billing.models import AddOn, AddOnOrder, AddOnPrice, PlanVersion
from billing.rules.add_ons import ends_with
from billing.rules.advice import Offer
from billing.rules.periods import legal_date
from billing.rules.rating import amount
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class AddOnOffer:
    """An additional service that can be ordered; `amount` for one, once or each month, EUR without VAT.

    `own`: it is offered to this customer alone.
    """

    code: str
    name: str
    description: str
    monthly: bool
    amount: Decimal
    own: bool


@dataclass(frozen=True, kw_only=True)
class AddOnOrdered:
    """What was ordered, at which price for one and for all, EUR without VAT; each month if `monthly`.

    `ends_on` is the first legal day that is not charged; `would_end_on` that day if it were ended now, None for what
    cannot be ended.
    """

    id: str
    name: str
    monthly: bool
    quantity: int
    price: Decimal
    amount: Decimal
    ordered_at: datetime
    ordered_by: str
    ends_on: date | None
    would_end_on: date | None


def plan_offers(on: date) -> list[Offer]:
    """The public plans with prices of their own on the legal date `on`, in list order (B1)."""
    versions = PlanVersion.objects.in_force(on).filter(plan__public=True)
    return [
        Offer(code=version.plan.code, name=version.plan.name, terms=version.terms)
        for version in versions
        if version.terms is not None
    ]


def add_on_offers(on: date, *, customer_id: str | None = None) -> list[AddOnOffer]:
    """What can be ordered on the legal date `on`, by name: by everybody, and by this customer alone (B8)."""
    prices = AddOnPrice.objects.in_force(on).filter(Q(add_on__customer=None) | Q(add_on__customer=customer_id))
    found = prices.filter(add_on__offered=True).select_related("add_on")
    offers = [
        AddOnOffer(
            code=price.add_on.code,
            name=price.add_on.name,
            description=price.add_on.description,
            monthly=price.add_on.interval == AddOn.Interval.MONTH,
            amount=price.amount,
            own=price.add_on.customer_id is not None,
        )
        for price in found
    ]
    return sorted(offers, key=lambda offer: (not offer.own, offer.name, offer.code))


def add_on_offer(actor: Actor, code: str, *, on: date) -> AddOnOffer:
    """The service of that code as the actor's customer can order it; raises `Forbidden`, `NotFound`."""
    actor.require("billing.manage")
    for offer in add_on_offers(on, customer_id=actor.customer):
        if offer.code == code:
            return offer
    raise NotFound


def add_ons_ordered(actor: Actor, *, now: datetime) -> list[AddOnOrdered]:
    """What the actor's customer ordered, the newest first; raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    today = legal_date(now, legal_zone())
    orders = AddOnOrder.objects.filter(customer_id=actor.customer).select_related("add_on")
    return [_ordered(order, today) for order in orders.order_by("-ordered_at", "-id")]


def _ordered(order: AddOnOrder, today: date) -> AddOnOrdered:
    monthly = order.add_on.interval == AddOn.Interval.MONTH
    return AddOnOrdered(
        id=order.pk,
        name=order.add_on.name,
        monthly=monthly,
        quantity=order.quantity,
        price=order.price,
        amount=amount(order.quantity, order.price),
        ordered_at=order.ordered_at,
        ordered_by=order.ordered_by,
        ends_on=order.ends_on,
        would_end_on=ends_with(today) if monthly and order.ends_on is None else None,
    )
