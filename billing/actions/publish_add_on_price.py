"""Change what an additional service costs."""

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.actions.publish_plan_version import AlreadyPublished, EffectiveTooSoon, NegativePrice
from billing.models import AddOn, AddOnPrice
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import Forbidden, NotFound


def publish_add_on_price(*, actor: Actor, code: str, effective_on: date, amount: Decimal, now: datetime) -> None:
    """Add a dated price, EUR without VAT; what was ordered before keeps the price agreed (B6, B8). Staff only.

    Raises `Forbidden`, `NotFound`, `EffectiveTooSoon`, `AlreadyPublished`, `NegativePrice`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    add_on = AddOn.objects.filter(pk=code).first()
    if add_on is None:
        raise NotFound
    if effective_on <= legal_date(now, legal_zone()):
        raise EffectiveTooSoon
    if amount < 0:
        raise NegativePrice
    facts = {"name": add_on.name, "effective_on": effective_on.isoformat(), "amount": str(amount)}
    try:
        with transaction.atomic():
            AddOnPrice.objects.create(add_on=add_on, effective_on=effective_on, published_at=now, amount=amount)
            record(
                actor=actor,
                action="add_on.priced",
                now=now,
                customer_id=add_on.customer_id,
                subject=code,
                details=facts,
            )
    except IntegrityError as error:
        raise AlreadyPublished from error
