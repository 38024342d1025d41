"""Tell every customer whose plan has new prices what they are and from when it has them (B6)."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.actions.give_notice import give_notice
from billing.models import PlanVersion, PriceChangeNotice, Subscription
from billing.queries.price_changes import affected, unaware_of_prices
from billing.rules.rating import Terms
from kernel.actor import Actor
from kernel.audit import record


def give_price_notices(*, actor: Actor, now: datetime) -> int:
    """Give notice of each published version to who has its plan at older prices, once; returns how many were given.

    Each in a transaction of its own, so that it may run twice, at once, or be killed: who was not told is told by the
    next run. The row it leaves is what the months of notice count from.
    """
    actor.require("billing.manage")
    given = 0
    for version, subscription in unaware_of_prices(now):
        try:
            with transaction.atomic():
                _tell(actor, version, subscription, now)
        except IntegrityError:  # told by another run meanwhile
            continue
        given += 1
    return given


def _tell(actor: Actor, version: PlanVersion, subscription: Subscription, now: datetime) -> None:
    customer_id, change = subscription.customer_id, affected(version, subscription, now)
    facts = {"plan": version.plan_id, "effective_on": change.moves_on.isoformat()}
    record(
        actor=actor,
        action="price_change.noticed",
        now=now,
        customer_id=customer_id,
        subject=version.plan_id,
        details=facts,
    )
    notice = give_notice(
        kind="price_change.announced",
        customer_id=customer_id,
        now=now,
        permission="billing.read",
        subject=version.plan_id,
        facts={
            "plan": version.plan.name,
            "effective_on": change.moves_on.isoformat(),
            "before": _prices(subscription.plan_version.terms),
            "after": _prices(version.terms),
        },
    )
    PriceChangeNotice.objects.create(
        plan_version=version, customer_id=customer_id, given_at=now, notice_number=notice.number
    )


def _prices(terms: Terms | None) -> dict[str, Any]:
    if terms is None:
        return {}
    extras = {
        "included_users": terms.included_users,
        "extra_user_price": terms.extra_user_price,
        "included_storage_gb": terms.included_storage_gb,
        "storage_gb_price": terms.storage_gb_price,
    }
    told = {"fee": terms.monthly_fee, "included": terms.included, "overage": terms.overage_unit_price, **extras}
    return {name: value if isinstance(value, int) else str(value) for name, value in told.items() if value is not None}
