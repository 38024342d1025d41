"""Add an additional service to the catalogue."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.actions.publish_plan_version import NegativePrice
from billing.models import AddOn, AddOnPrice
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import Forbidden, Refusal


class AddOnExists(Refusal):
    code = "add_on_exists"
    status = 409
    title = _("There is an additional service with this code already.")


def publish_add_on(
    *,
    actor: Actor,
    code: str,
    name: str,
    description: str,
    interval: str,
    amount: Decimal,
    customer_id: str | None = None,
    now: datetime,
) -> None:
    """Offer a service to everybody, or to one customer, from today on (B8). Staff only.

    `interval` is `once` or `month`; `amount` the price of one, each time, EUR without VAT.

    Raises `Forbidden`, `NegativePrice`, `AddOnExists`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    if amount < 0:
        raise NegativePrice
    today = legal_date(now, legal_zone())
    try:
        with transaction.atomic():
            add_on = AddOn.objects.create(
                code=code,
                name=name,
                description=description,
                interval=AddOn.Interval(interval),
                customer_id=customer_id,
                published_at=now,
            )
            AddOnPrice.objects.create(add_on=add_on, effective_on=today, published_at=now, amount=amount)
            facts = {"name": name, "amount": str(amount), "interval": interval}
            record(
                actor=actor, action="add_on.published", now=now, customer_id=customer_id, subject=code, details=facts
            )
    except IntegrityError as error:
        raise AddOnExists from error
