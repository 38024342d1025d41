"""Have a customer told at an amount no longer."""

from datetime import datetime

from django.db import transaction

from billing.models import CostAlert
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import NotFound


@transaction.atomic
def remove_cost_alert(*, actor: Actor, alert_id: str, now: datetime) -> None:
    """Forget the alert; what was told stays. Raises `Forbidden`, `NotFound`."""
    actor.require("billing.manage")
    alert = CostAlert.objects.select_for_update().filter(pk=alert_id, customer_id=actor.customer).first()
    if alert is None:
        raise NotFound
    CostAlert.objects.filter(pk=alert.pk).delete()
    facts = {"amount": str(alert.amount)}
    record(actor=actor, action="cost_alert.removed", now=now, subject=alert.id, details=facts)
