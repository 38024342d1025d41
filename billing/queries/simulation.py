"""What another plan would have cost and what changing to it does: before anybody confirms (B2, B5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.models import BillingPeriod, Meter, MeterReading, PlanVersion, SpecialTerms, Subscription, agreed_terms
from billing.queries import usage
from billing.queries.standing import commitment, last_term, newest_version, running, special_terms_at
from billing.rules.changes import is_binding, is_prepaid, months_between, takes_effect_at, term_from, unused_part
from billing.rules.periods import TERM_MONTHS, Interval, calendar_month, legal_date
from billing.rules.rating import NO_TERMS, Terms, amount, rate
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound
from kernel.money import ZERO

MONTHS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class MonthUsed:
    """A month's transactions; `open` while it has not been closed, then they are those so far."""

    starts_on: date
    quantity: int
    open: bool
    paid: Decimal


@dataclass(frozen=True, kw_only=True)
class PlanCost:
    """What the months shown would have cost with one plan, EUR without VAT; `difference` is to what they did cost."""

    code: str
    name: str
    terms: Terms
    individual: bool
    costs: list[Decimal]
    total: Decimal
    difference: Decimal
    is_current: bool

    @property
    def yearly_fee(self) -> Decimal:
        """What a year is paid in advance with."""
        return amount(TERM_MONTHS[Interval.YEAR], self.terms.monthly_fee)


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """The last months, the newest first, and each plan that can be chosen. A year costs twelve months."""

    months: list[MonthUsed]
    plans: list[PlanCost]

    @property
    def cheapest(self) -> PlanCost | None:
        """The plan that would have cost least, if any month was used."""
        if not any(month.quantity for month in self.months):
            return None
        priced = [plan for plan in self.plans if not plan.individual]
        return min(priced, key=lambda plan: plan.total, default=None)


@dataclass(frozen=True, kw_only=True)
class ChangePreview:
    """What asking for a plan and interval does, with money in EUR without VAT.

    From `effective_at` the new terms hold; a term that is `prepaid` costs `first_fee` then, until `term_ends_at`. A
    binding change cannot be withdrawn and credits `credited_months` of the running year, `credit` in all. A plan with
    less storage says so in `less_storage`. `setup_fee` is due with a first plan only.
    """

    plan_code: str
    plan_name: str
    interval: str
    terms: Terms
    effective_at: datetime
    term_ends_at: datetime
    prepaid: bool
    first_fee: Decimal
    binding: bool
    credited_months: int
    credit: Decimal
    setup_fee: Decimal
    less_storage: bool
    is_first: bool


def simulation(actor: Actor, *, now: datetime) -> Simulation:
    """What the actor's customer would have paid in the last months with each plan; raises `Forbidden`."""
    actor.require("billing.read")
    months = _months(actor.customer, now)
    subscription = running(actor.customer, now)
    current = subscription.plan_version.plan_id if subscription else ""
    paid = sum((month.paid for month in months), ZERO)
    on = legal_date(now, legal_zone())
    plans = [
        _plan_cost(version, special_terms_at(actor.customer, version, on), months, paid, current)
        for version in PlanVersion.objects.in_force(on)
        if version.plan.public or version.plan_id == current
    ]
    return Simulation(months=months, plans=plans)


def preview_first(actor: Actor, *, plan_code: str, interval: Interval | str, now: datetime) -> ChangePreview:
    """What choosing a first plan does: it holds at once, for the whole month (B2). Raises `Forbidden`, `NotFound`."""
    actor.require("billing.manage")
    zone, wanted = legal_zone(), Interval(interval)
    on = legal_date(now, zone)
    version, terms = _choice(actor.customer, plan_code, on)
    month = calendar_month(on, zone)
    term = term_from(on.replace(day=1), wanted, month.starts_at, zone)
    months = months_between(on.replace(day=1), term.starts_at, term.ends_at, zone)
    return ChangePreview(
        plan_code=version.plan_id,
        plan_name=version.plan.name,
        interval=wanted.value,
        terms=terms,
        effective_at=month.starts_at,
        term_ends_at=term.ends_at,
        prepaid=is_prepaid(wanted),
        first_fee=amount(months, terms.monthly_fee),
        binding=False,
        credited_months=0,
        credit=ZERO,
        setup_fee=terms.setup_fee,
        less_storage=False,
        is_first=True,
    )


def preview(actor: Actor, *, plan_code: str, interval: Interval | str, now: datetime) -> ChangePreview:
    """What `change_plan` would do at `now`. Raises `Forbidden`, and `NotFound` without a subscription or that plan."""
    actor.require("billing.manage")
    subscription, wanted = running(actor.customer, now), Interval(interval)
    if subscription is None:
        raise NotFound
    bound = commitment(subscription, now)
    effective_at = takes_effect_at(bound.interval, wanted, bound.term, bound.month)
    on = legal_date(effective_at, subscription.zone)
    version, terms = _choice(actor.customer, plan_code, on)
    term = term_from(subscription.anchor_on, wanted, effective_at, subscription.zone)
    unused, credit = _credit(subscription, effective_at) if is_binding(bound.interval, wanted) else (0, ZERO)
    row = last_term(subscription)
    room = (row.terms if row else NO_TERMS).included_storage_gb
    return ChangePreview(
        plan_code=version.plan_id,
        plan_name=version.plan.name,
        interval=wanted.value,
        terms=terms,
        effective_at=effective_at,
        term_ends_at=term.ends_at,
        prepaid=is_prepaid(wanted),
        first_fee=amount(_count(subscription, term.starts_at, term.ends_at), terms.monthly_fee),
        binding=is_binding(bound.interval, wanted),
        credited_months=unused,
        credit=credit,
        setup_fee=ZERO,
        less_storage=terms.included_storage_gb is not None and (room is None or terms.included_storage_gb < room),
        is_first=False,
    )


def _credit(subscription: Subscription, effective_at: datetime) -> tuple[int, Decimal]:
    row = last_term(subscription)
    if row is None or not row.prepaid or row.ends_at <= effective_at:
        return 0, ZERO
    months = _count(subscription, row.starts_at, row.ends_at)
    unused = _count(subscription, effective_at, row.ends_at)
    return unused, unused_part(amount(months, row.terms.monthly_fee), months, unused)


def _count(subscription: Subscription, first: datetime, last: datetime) -> int:
    return months_between(subscription.anchor_on, first, last, subscription.zone)


def _choice(customer_id: str, plan_code: str, on: date) -> tuple[PlanVersion, Terms]:
    version = newest_version(plan_code, on)
    if version is None:
        raise NotFound
    special = special_terms_at(customer_id, version, on)
    return version, agreed_terms(version, special)


def _months(customer_id: str, now: datetime) -> list[MonthUsed]:
    """The closed months, and the open one if there are no others."""
    rows = BillingPeriod.objects.filter(customer_id=customer_id, state=BillingPeriod.State.CLOSED)
    rows = rows.select_related("subscription", "plan_version__plan", "special_terms").order_by("-starts_at")
    closed = list(rows[:MONTHS_SHOWN])
    readings = dict(
        MeterReading.objects.filter(billing_period__in=closed, meter=Meter.SEAL).values_list(
            "billing_period_id", "quantity"
        )
    )
    if closed:
        return [
            MonthUsed(
                starts_on=legal_date(row.starts_at, row.subscription.zone),
                quantity=readings.get(row.pk, 0),
                open=False,
                paid=rate(row.terms, readings.get(row.pk, 0)).cost,
            )
            for row in closed
        ]
    figures = usage(customer_id=customer_id, now=now)
    if not figures.plan_code:
        return []
    return [
        MonthUsed(starts_on=figures.starts_on, quantity=figures.used, open=True, paid=figures.cost_so_far),
    ]


def _plan_cost(
    version: PlanVersion, special: SpecialTerms | None, months: list[MonthUsed], paid: Decimal, current: str
) -> PlanCost:
    individual = version.individual and special is None
    terms = agreed_terms(version, special)
    costs = [rate(terms, month.quantity).cost for month in months]
    return PlanCost(
        code=version.plan_id,
        name=version.plan.name,
        terms=terms,
        individual=individual,
        costs=[] if individual else costs,
        total=ZERO if individual else sum(costs, ZERO),
        difference=ZERO if individual else sum(costs, ZERO) - paid,
        is_current=version.plan_id == current,
    )
