"""Order an additional service."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._add_ons import charge_month
from billing.actions.record_charge import record_charge
from billing.models import AddOn, AddOnOrder, AddOnPrice, Item
from billing.rules.add_ons import LARGEST_QUANTITY
from billing.rules.periods import first_of_month, legal_date
from billing.rules.rating import amount
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import FieldError, InvalidInput, NotFound
from kernel.outbox import emit


def order_add_on(
    *, actor: Actor, code: str, quantity: int, agreed_amount: Decimal, request_key: str, now: datetime
) -> str:
    """Order `quantity` of a service for the actor's customer; it is there at once, and on the next invoice (B8).

    Charged once, or for this whole month and each one that begins until the order is ended. `agreed_amount` is what was
    shown for all of the quantity, each time, EUR without VAT. A `request_key` seen before orders nothing again. Returns
    the order's id. Emits `add_on.ordered`.

    Raises `Forbidden`, `NotFound` for what is not offered to this customer, `InvalidInput` (the quantity),
    `PriceChanged`.
    """
    actor.require("billing.manage")
    if not 1 <= quantity <= LARGEST_QUANTITY:
        detail = _("Choose a number from 1 to %(largest)s.") % {"largest": LARGEST_QUANTITY}
        raise InvalidInput(errors=[FieldError("/quantity", "does_not_fit", detail)])
    today = legal_date(now, legal_zone())
    with transaction.atomic():
        price = _offered_price(code, actor.customer, now)
        known = AddOnOrder.objects.filter(customer_id=actor.customer, request_key=request_key).first()
        if known is not None:
            return str(known.id)
        order = AddOnOrder.objects.create(
            customer_id=actor.customer,
            add_on=price.add_on,
            quantity=quantity,
            price=price.amount,
            ordered_at=now,
            ordered_by=actor.name,
            request_key=request_key,
            starts_on=first_of_month(today),
        )
        if price.add_on.interval == AddOn.Interval.MONTH:
            charge_month(actor=actor, order=order, month=order.starts_on, agreed_amount=agreed_amount, now=now)
        else:
            record_charge(
                actor=actor,
                customer_id=actor.customer,
                item=Item.ADD_ON,
                description=price.add_on.name,
                quantity=quantity,
                unit_price=price.amount,
                agreed_amount=agreed_amount,
                source_type="add_on_order",
                source_id=order.id,
                now=now,
            )
        facts = {"name": price.add_on.name, "quantity": quantity, "amount": str(amount(quantity, price.amount))}
        record(actor=actor, action="add_on.ordered", now=now, subject=order.id, details=facts)
        emit("add_on.ordered", now=now, customer_id=actor.customer, subject=order.id, payload={"add_on": code})
    return str(order.id)


def _offered_price(code: str, customer_id: str, now: datetime) -> AddOnPrice:
    """The price in force, with the service locked: it is not withdrawn, nor ordered twice by one page, meanwhile."""
    add_on = AddOn.objects.select_for_update(no_key=True).filter(pk=code, offered=True).first()
    if add_on is None or add_on.customer_id not in {None, customer_id}:
        raise NotFound
    return AddOnPrice.objects.in_force(legal_date(now, legal_zone())).select_related("add_on").get(add_on=add_on)
