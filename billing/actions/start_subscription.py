"""Put a customer on a plan."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from billing.actions._terms import charge_setup_fee
from billing.actions.open_period import open_period
from billing.models import BillingPeriod, PlanVersion, SpecialTerms, Subscription, agreed_terms
from billing.queries.special_terms import has_prices_of_its_own
from billing.queries.standing import special_terms_at
from billing.rules.periods import Interval, first_of_month, legal_date, term_containing
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import NotFound, Refusal
from kernel.outbox import emit


class AlreadySubscribed(Refusal):
    """A running subscription changes its plan; it is not started again beside itself."""

    code = "already_subscribed"
    status = 409
    title = _("This account has a plan already. Change the plan instead.")


class PlanNotOffered(Refusal):
    """No such plan on the public price list, or none yet on the day it would start."""

    code = "plan_not_offered"
    title = _("There is no such plan on the price list.")


class IndividualAgreementNeeded(Refusal):
    """The plan has no price of its own; both sides sign special terms first (B1, B17)."""

    code = "individual_agreement_needed"
    title = _("This plan is by individual agreement. Please write to us.")


def start_subscription(
    *, actor: Actor, customer_id: str, plan_code: str, interval: Interval | str, now: datetime
) -> str:
    """Subscribe a customer to a plan, at the prices in force, and open the first billing period.

    To a public one, or to any that staff put it on. Periods are calendar months of the operator's zone (B2): the month
    in which the subscription starts is charged and included whole, and after an earlier subscription's paid time (B12)
    the new one begins where that ends. `once` ends with its month, `month` and `year` renew (B4). A plan by individual
    agreement needs special terms in force that day which say all its prices (B17). The set-up fee is charged with a
    customer's first plan (B1). Returns the subscription's id.

    Raises `NotFound` for a stranger's customer, `AlreadySubscribed`, `PlanNotOffered`,
    `IndividualAgreementNeeded`.
    """
    actor.require("billing.manage")
    if actor.kind in {"member", "token"} and actor.customer_id != customer_id:
        raise NotFound
    try:
        with transaction.atomic():
            return _start(actor, customer_id, plan_code, Interval(interval), now)
    except IntegrityError as error:  # somebody else started one between our look and our insert
        raise AlreadySubscribed from error


def _start(actor: Actor, customer_id: str, plan_code: str, interval: Interval, now: datetime) -> str:
    zone = legal_zone()
    paid_until = _paid_until(customer_id)
    started_at = max(now, paid_until or now)
    anchor_on = first_of_month(legal_date(started_at, zone))
    if paid_until is not None:
        anchor_on = max(anchor_on, legal_date(paid_until, zone))
    version, special = _offered(actor, customer_id, plan_code, legal_date(started_at, zone))
    subscription = Subscription.objects.create(
        customer_id=customer_id,
        plan_version=version,
        interval=interval,
        anchor_on=anchor_on,
        time_zone=zone.key,
        started_at=started_at,
        ended_at=term_containing(anchor_on, interval, started_at, zone).ends_at if interval == "once" else None,
    )
    open_period(actor=actor, subscription_id=subscription.pk, now=now)
    charge_setup_fee(subscription, agreed_terms(version, special), now)
    facts = {"plan": plan_code, "interval": interval.value, "started_at": started_at.isoformat()}
    record(
        actor=actor,
        action="subscription.started",
        now=now,
        customer_id=customer_id,
        subject=subscription.pk,
        details=facts,
    )
    emit("subscription.started", now=now, customer_id=customer_id, subject=subscription.pk, payload=facts)
    return str(subscription.pk)


def _paid_until(customer_id: str) -> datetime | None:
    """The end of the customer's earlier subscriptions; None without any."""
    subscriptions = Subscription.objects.filter(customer_id=customer_id)
    if subscriptions.filter(ended_at=None).exists():
        raise AlreadySubscribed
    last_period = BillingPeriod.objects.filter(customer_id=customer_id).aggregate(end=Max("ends_at"))["end"]
    last_end = subscriptions.aggregate(end=Max("ended_at"))["end"]
    return max((end for end in (last_period, last_end) if end is not None), default=None)


def _offered(actor: Actor, customer_id: str, plan_code: str, on: date) -> tuple[PlanVersion, SpecialTerms | None]:
    version = PlanVersion.objects.in_force(on).filter(plan_id=plan_code).first()
    if version is None or not (version.plan.public or actor.kind == "staff"):
        raise PlanNotOffered
    if version.individual and not has_prices_of_its_own(customer_id=customer_id, on=on):
        raise IndividualAgreementNeeded
    return version, special_terms_at(customer_id, version, on)
