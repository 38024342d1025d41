"""Charge the months that have begun of all monthly additional services."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.queries.contract import contract_end
from billing.actions._add_ons import MONTH_CHARGED, charge_month
from billing.models import AddOn, AddOnOrder, Charge
from billing.rules.add_ons import months_to_charge
from billing.rules.periods import legal_date
from billing.rules.rating import amount
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.jobs import one_by_one


def charge_add_ons(*, actor: Actor, now: datetime) -> int:
    """Charge each month of each running order once, however often and late it runs; returns how many were charged (B8).

    Each order in a transaction of its own; no month after the customer's contract is charged. A charge is dated with
    the beginning of its month, so that the invoice it is on does not depend on when this runs.
    """
    actor.require("billing.manage")
    today = legal_date(now, legal_zone())
    running = AddOnOrder.objects.filter(add_on__interval=AddOn.Interval.MONTH)

    def charge(order_id: str) -> int:
        try:
            with transaction.atomic():
                return _charge(actor, order_id, today, now)
        except IntegrityError:  # another run has charged a month of it meanwhile, and goes on
            return 0

    return one_by_one(charge, running.order_by("pk").values_list("pk", flat=True))


def _charge(actor: Actor, order_id: str, today: date, now: datetime) -> int:
    """Under the order's lock, because it may be ended at this moment."""
    order = AddOnOrder.objects.select_for_update(of=("self",)).select_related("add_on").get(pk=order_id)
    until = min(today, _last_day(order.customer_id) or today)
    owed = months_to_charge(order.starts_on, order.ends_on, until, charged=_charged(order_id))
    for month in owed:
        charge_month(actor=actor, order=order, month=month, agreed_amount=amount(order.quantity, order.price), now=now)
    return len(owed)


def _charged(order_id: str) -> date | None:
    """The last month of the order that was charged: months are charged in order."""
    charges = Charge.objects.filter(source_type=MONTH_CHARGED, source_id__startswith=f"{order_id}:")
    last = max(charges.values_list("source_id", flat=True), default=None)
    return date.fromisoformat(f"{last.partition(':')[2]}-01") if last else None


def _last_day(customer_id: str) -> date | None:
    """The last legal day of the customer's contract; None while it has no end."""
    end = contract_end(customer_id)
    return end and legal_date(end - timedelta(microseconds=1), legal_zone())
