"""Cap what a customer's seals beyond the plan may cost in a month."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import SpendingCap
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import FieldError, InvalidInput
from kernel.outbox import emit

MOST_GRACE = 1_000_000


@transaction.atomic
def set_spending_cap(*, actor: Actor, amount: Decimal | None, grace: int, now: datetime) -> None:
    """Set, change or take away (`amount` is None) the customer's cap, EUR without VAT and month; it holds at once.

    `grace` seals more are made after the cap, then sealing in live mode is refused (`spending_cap_reached`) until the
    cap is raised, taken away or the month is over. What was accepted is finished. Emits `spending_cap.changed`.

    Raises `Forbidden`, `InvalidInput`.
    """
    actor.require("billing.manage")
    if amount is not None and amount < 0:
        raise InvalidInput(errors=[FieldError("/amount", "negative", _("Write an amount of zero or more."))])
    if not 0 <= grace <= MOST_GRACE:
        raise InvalidInput(errors=[FieldError("/grace", "out_of_range", _("Write a number from 0 to 1,000,000."))])
    if amount is None:
        SpendingCap.objects.filter(customer_id=actor.customer).delete()
    else:
        values = {"amount": amount, "grace": grace, "set_at": now}
        SpendingCap.objects.update_or_create(customer_id=actor.customer, defaults=values)
    facts = {"amount": None if amount is None else str(amount), "grace": grace}
    record(actor=actor, action="spending_cap.changed", now=now, subject=actor.customer, details=facts)
    emit("spending_cap.changed", now=now, customer_id=actor.customer, subject=actor.customer, payload=facts)
