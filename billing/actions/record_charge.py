"""Charge a customer once for an item, at the price in force or the one that was agreed."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, ItemPrice
from billing.rules.periods import legal_date
from billing.rules.rating import amount
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import NotFound, Refusal
from kernel.money import CURRENCY


class ItemNotOffered(Refusal):
    """No such item on the price list, or none yet today."""

    code = "item_not_offered"
    title = _("This is not on the price list.")


class PriceChanged(Refusal):
    """What was shown is not what it costs now: nothing is charged that nobody agreed to."""

    code = "price_changed"
    status = 409
    title = _("The price has changed since it was shown. Look at the new one and order again.")


def record_charge(
    *,
    actor: Actor,
    customer_id: str,
    item: str,
    source_type: str,
    source_id: str,
    agreed_amount: Decimal,
    now: datetime,
    quantity: int = 1,
    unit_price: Decimal | None = None,
    description: str = "",
    occurred_at: datetime | None = None,
) -> str:
    """Write the charge in the caller's transaction, in which what is charged for is written too. Returns its id.

    `agreed_amount` is what the customer was shown for all of the `quantity`, EUR without VAT. The price of one is that
    of the item's price list, or `unit_price` where the caller has one of its own: an additional service, the set-up fee
    of a plan. `description` is the name of an additional service; `occurred_at` is when it became due, if not now. The
    caller has authorised the order.

    Raises `NotFound` for a stranger's customer, `ItemNotOffered`, `PriceChanged`, and IntegrityError when the source
    was charged before.
    """
    if actor.customer_id not in {None, customer_id}:
        raise NotFound
    price = _listed_price(item, now) if unit_price is None else unit_price
    if amount(quantity, price) != agreed_amount:
        raise PriceChanged
    with transaction.atomic():
        charge = Charge.objects.create(
            customer_id=customer_id,
            item=item,
            description=description,
            quantity=quantity,
            unit_price=price,
            amount=agreed_amount,
            currency=CURRENCY,
            source_type=source_type,
            source_id=source_id,
            occurred_at=occurred_at or now,
        )
        facts = {
            "item": description or item,
            "amount": str(agreed_amount),
            "currency": CURRENCY,
            "quantity": quantity,
            "source": source_id,
        }
        record(
            actor=actor, action="charge.recorded", now=now, customer_id=customer_id, subject=charge.id, details=facts
        )
    return str(charge.id)


def _listed_price(item: str, now: datetime) -> Decimal:
    listed = ItemPrice.objects.in_force(legal_date(now, legal_zone())).filter(item=item)
    price: Decimal | None = listed.values_list("amount", flat=True).first()
    if price is None:
        raise ItemNotOffered
    return price
