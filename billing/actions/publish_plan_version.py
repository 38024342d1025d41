"""Change the price list."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.models import Plan, PlanVersion
from billing.rules.periods import legal_date
from billing.rules.rating import Terms
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.outbox import emit


class EffectiveTooSoon(Refusal):
    """A price list that was shown for a day is never changed for that day afterwards."""

    code = "effective_too_soon"
    title = _("New prices begin tomorrow at the earliest.")


class AlreadyPublished(Refusal):
    code = "already_published"
    status = 409
    title = _("The plan has new prices from that day already.")


class NegativePrice(Refusal):
    code = "negative_price"
    title = _("A price is zero or more.")


class ExtrasIncomplete(Refusal):
    """What is included and what one more costs go together, for users and for storage (B7)."""

    code = "extras_incomplete"
    title = _("Say both how many users, or GB, are included and what one more costs, or neither.")


def publish_plan_version(
    *,
    actor: Actor,
    plan_code: str,
    effective_on: date,
    terms: Terms | None,
    setup_fee: Decimal = Decimal("0.00"),
    now: datetime,
) -> int:
    """Add a dated version of a plan's prices, EUR without VAT; earlier ones stay (B6).

    `terms` with a fee of zero make a free plan; None a plan by individual agreement. From `effective_on` the version is
    on the price list. Who has the plan already is given notice (`give_price_notices`), and has the new prices later
    (`rules/notice_of_prices.py`). Staff only. Returns the version's id. Emits `plan_version.published`.

    Raises `Forbidden`, `NotFound` (the plan), `EffectiveTooSoon`, `AlreadyPublished`, `NegativePrice`,
    `ExtrasIncomplete`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    if not Plan.objects.filter(pk=plan_code).exists():
        raise NotFound
    if effective_on <= legal_date(now, legal_zone()):
        raise EffectiveTooSoon
    values = {} if terms is None else {**asdict(terms), "setup_fee": setup_fee}
    if any(value < 0 for value in values.values() if value is not None):
        raise NegativePrice
    for included, price in (("included_users", "extra_user_price"), ("included_storage_gb", "storage_gb_price")):
        if (values.get(included) is None) != (values.get(price) is None):
            raise ExtrasIncomplete
    try:
        with transaction.atomic():
            return _publish(actor, plan_code, effective_on, values, now)
    except IntegrityError as error:
        raise AlreadyPublished from error


def _publish(actor: Actor, plan_code: str, effective_on: date, values: dict[str, Any], now: datetime) -> int:
    version = PlanVersion.objects.create(
        plan_id=plan_code, effective_on=effective_on, published_at=now, individual=not values, **values
    )
    facts = {"plan": plan_code, "effective_on": effective_on.isoformat()}
    record(actor=actor, action="plan_version.published", now=now, subject=plan_code, details=facts)
    emit("plan_version.published", now=now, customer_id=None, subject=plan_code, payload=facts)
    return version.pk
