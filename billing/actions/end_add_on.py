"""End a monthly additional service."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.models import AddOn, AddOnOrder
from billing.rules.add_ons import ends_with
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import NotFound, Refusal
from kernel.outbox import emit


class AddOnEnded(Refusal):
    """It has its last day already, or was charged once and has none."""

    code = "add_on_ended"
    status = 409
    title = _("This service is ended already.")


def end_add_on(*, actor: Actor, order_id: str, now: datetime) -> None:
    """End an order with the present month, which is charged whole (B8). Emits `add_on.ended`.

    Raises `Forbidden`, `NotFound` for a stranger's, `AddOnEnded`.
    """
    actor.require("billing.manage")
    with transaction.atomic():
        order = AddOnOrder.objects.select_for_update(of=("self",)).select_related("add_on").filter(pk=order_id).first()
        if order is None or (actor.kind != "staff" and order.customer_id != actor.customer_id):
            raise NotFound
        if order.ends_on is not None or order.add_on.interval == AddOn.Interval.ONCE:
            raise AddOnEnded
        order.ends_on = ends_with(legal_date(now, legal_zone()))
        order.save(update_fields=["ends_on"])
        facts = {"name": order.add_on.name, "ends_on": order.ends_on.isoformat()}
        customer_id = order.customer_id
        record(actor=actor, action="add_on.ended", now=now, customer_id=customer_id, subject=order_id, details=facts)
        emit("add_on.ended", now=now, customer_id=customer_id, subject=order_id, payload={"add_on": order.add_on_id})
