"""Have a customer told at an amount."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import CostAlert
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import FieldError, InvalidInput, Refusal

MOST_ALERTS = 20


class CostAlertExists(Refusal):
    code = "cost_alert_exists"
    status = 409
    title = gettext_lazy("You are told at this amount already.")


class TooManyCostAlerts(Refusal):
    code = "too_many_cost_alerts"
    title = gettext_lazy("There are 20 amounts already. Remove one first.")


def add_cost_alert(*, actor: Actor, amount: Decimal, now: datetime) -> str:
    """From now on tell the customer once in each month when it has come to cost `amount`, EUR without VAT.

    Returns the alert's id. Raises `Forbidden`, `InvalidInput`, `CostAlertExists`, `TooManyCostAlerts`.
    """
    actor.require("billing.manage")
    if amount <= 0:
        raise InvalidInput(errors=[FieldError("/amount", "not_positive", _("Write an amount above zero."))])
    if CostAlert.objects.filter(customer_id=actor.customer).count() >= MOST_ALERTS:
        raise TooManyCostAlerts
    try:
        with transaction.atomic():
            alert = CostAlert.objects.create(customer_id=actor.customer, amount=amount, set_at=now)
            record(actor=actor, action="cost_alert.added", now=now, subject=alert.id, details={"amount": str(amount)})
    except IntegrityError as error:
        raise CostAlertExists from error
    return str(alert.id)
