"""Change what a single item costs."""

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.actions.publish_plan_version import AlreadyPublished, EffectiveTooSoon, NegativePrice
from billing.models import Item, ItemPrice
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import Forbidden, NotFound


def publish_item_price(*, actor: Actor, item: str, effective_on: date, amount: Decimal, now: datetime) -> None:
    """Add a dated price of an item, EUR without VAT; earlier ones and what was ordered at them stay (B6). Staff only.

    Raises `Forbidden`, `NotFound` (the item), `EffectiveTooSoon`, `AlreadyPublished`, `NegativePrice`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    if item not in Item.values:
        raise NotFound
    if effective_on <= legal_date(now, legal_zone()):
        raise EffectiveTooSoon
    if amount < 0:
        raise NegativePrice
    facts = {"effective_on": effective_on.isoformat(), "amount": str(amount)}
    try:
        with transaction.atomic():
            ItemPrice.objects.create(item=item, effective_on=effective_on, amount=amount, published_at=now)
            record(actor=actor, action="item_price.published", now=now, subject=item, details=facts)
    except IntegrityError as error:
        raise AlreadyPublished from error
