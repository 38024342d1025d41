"""Charge a customer once for an item, at the price in force."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, ItemPrice
from billing.rules.periods import legal_date
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
) -> str:
    """Write the charge in the caller's transaction, in which what is charged for is written too. Returns its id.

    `agreed_amount` is what the customer was shown, EUR without VAT. The caller has authorised the order. Raises
    `NotFound` for a stranger's customer, `ItemNotOffered`, `PriceChanged`, and IntegrityError when the source was
    charged before.
    """
    if actor.customer_id not in {None, customer_id}:
        raise NotFound
    price = ItemPrice.objects.in_force(legal_date(now, legal_zone())).filter(item=item).first()
    if price is None:
        raise ItemNotOffered
    if price.amount != agreed_amount:
        raise PriceChanged
    with transaction.atomic():
        charge = Charge.objects.create(
            customer_id=customer_id,
            item=item,
            amount=price.amount,
            currency=CURRENCY,
            source_type=source_type,
            source_id=source_id,
            occurred_at=now,
        )
        facts = {"item": item, "amount": str(price.amount), "currency": CURRENCY, "source": source_id}
        record(
            actor=actor, action="charge.recorded", now=now, customer_id=customer_id, subject=charge.id, details=facts
        )
    return str(charge.id)
