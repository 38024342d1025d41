"""Charges one month of a monthly additional service."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from billing.actions.record_charge import record_charge
from billing.models import AddOnOrder, Item
from billing.rules.periods import day_starts_at
from kernel.actor import Actor
from kernel.clock import legal_zone

MONTH_CHARGED = "add_on_month"


def source_of(order_id: str, month: date) -> str:
    """What names a month of an order as the source of a charge, which is charged once."""
    return f"{order_id}:{month:%Y-%m}"


def charge_month(*, actor: Actor, order: AddOnOrder, month: date, agreed_amount: Decimal, now: datetime) -> None:
    """Charge the month that begins on `month`, in the caller's transaction; raises what `record_charge` raises.

    It is due when the month begins, or when it is ordered in it.
    """
    record_charge(
        actor=actor,
        customer_id=order.customer_id,
        item=Item.ADD_ON,
        description=f"{order.add_on.name}, {month:%Y-%m}",
        quantity=order.quantity,
        unit_price=order.price,
        agreed_amount=agreed_amount,
        source_type=MONTH_CHARGED,
        source_id=source_of(order.pk, month),
        occurred_at=max(day_starts_at(month, legal_zone()), order.ordered_at),
        now=now,
    )
