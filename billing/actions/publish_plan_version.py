"""Change the price list."""

from datetime import date, datetime
from decimal import Decimal

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


def publish_plan_version(
    *, actor: Actor, plan_code: str, effective_on: date, terms: Terms, setup_fee: Decimal, now: datetime
) -> int:
    """Add a dated version of a plan's prices, EUR without VAT; earlier ones and all subscriptions stay (B6).

    `terms` with a fee of zero make a free plan. Staff only. Returns the version's id. Emits
    `plan_version.published`.

    Raises `Forbidden`, `NotFound` (the plan), `EffectiveTooSoon`, `AlreadyPublished`, `NegativePrice`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    if not Plan.objects.filter(pk=plan_code).exists():
        raise NotFound
    if effective_on <= legal_date(now, legal_zone()):
        raise EffectiveTooSoon
    if min(terms.monthly_fee, terms.overage_unit_price, setup_fee, Decimal(terms.included)) < 0:
        raise NegativePrice
    try:
        with transaction.atomic():
            return _publish(actor, plan_code, effective_on, terms, setup_fee, now)
    except IntegrityError as error:
        raise AlreadyPublished from error


def _publish(actor: Actor, plan_code: str, effective_on: date, terms: Terms, setup_fee: Decimal, now: datetime) -> int:
    version = PlanVersion.objects.create(
        plan_id=plan_code,
        effective_on=effective_on,
        published_at=now,
        monthly_fee=terms.monthly_fee,
        included=terms.included,
        overage_unit_price=terms.overage_unit_price,
        setup_fee=setup_fee,
    )
    facts = {"plan": plan_code, "effective_on": effective_on.isoformat()}
    record(actor=actor, action="plan_version.published", now=now, subject=plan_code, details=facts)
    emit("plan_version.published", now=now, customer_id=None, subject=plan_code, payload=facts)
    return version.pk
