"""What billing knows, for pages, the API and response headers: all from one look at the billing period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.queries import api_tokens_of, members_of
from billing.models import BillingPeriod, Meter, PlanVersion, SpecialTerms, Subscription, UsageEvent, agreed_terms
from billing.queries.levels import levels_so_far
from billing.queries.standing import terms_from
from billing.rules.advice import CheaperPlan, Offer, cheaper_plan
from billing.rules.forecast import Forecast, straight_line
from billing.rules.months import months_back
from billing.rules.periods import Period, calendar_month, day_starts_at, days_of, legal_date, period_containing
from billing.rules.rating import NO_TERMS, Terms, overage, rate
from kernel.actor import Actor
from kernel.clock import legal_zone


@dataclass(frozen=True, kw_only=True)
class PlanPrice:
    """A line of the public price list; EUR without VAT. A plan by individual agreement has no prices."""

    code: str
    name: str
    effective_on: date
    individual: bool
    monthly_fee: Decimal | None
    included: int | None
    overage_unit_price: Decimal | None
    setup_fee: Decimal | None


@dataclass(frozen=True, kw_only=True)
class PlanInForce:
    """A customer's subscription as it stands; `ends_at` is None while it renews."""

    subscription_id: str
    plan_code: str
    plan_name: str
    interval: str
    started_at: datetime
    ends_at: datetime | None
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class Quota:
    """The figures of sealing answers' headers: transactions included this month, used, and beyond."""

    included: int
    used: int
    overage: int


class Day(NamedTuple):
    """A legal day and what was delivered on it."""

    on: date
    quantity: int


@dataclass(frozen=True, kw_only=True)
class UsageFilter:
    """Narrows events to one member, API token or legal day; an empty text, or None, does not narrow."""

    member_id: str = ""
    token_id: str = ""
    on: date | None = None


class Orderer(NamedTuple):
    """A member or an API token that may have ordered deliveries; `gone` once it has left or is revoked."""

    id: str
    name: str
    gone: bool


@dataclass(frozen=True, kw_only=True)
class UsageChoices:
    """What usage can be asked for: months (their first days, the newest first) and who ordered.

    No members or tokens where the actor may not know them, or sees only deliveries of its own.
    """

    months: list[date]
    members: list[Orderer]
    tokens: list[Orderer]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One billing period in figures; amounts in EUR without VAT.

    Without a plan `plan_code` and `plan_name` are empty and every figure is zero. `days` has each legal day
    of the period with the transactions delivered on it; `late` counts those of earlier, closed periods that
    are charged here, so that `used` is the sum of both. The forecast and the advice hold for the end of the
    period.
    """

    period_start: datetime
    period_end: datetime
    zone: ZoneInfo
    plan_code: str
    plan_name: str
    closed: bool
    included: int
    used: int
    overage: int
    remaining: int
    late: int
    fee: Decimal
    overage_unit_price: Decimal
    overage_cost: Decimal
    cost_so_far: Decimal
    days: list[Day]
    forecast: Forecast
    forecast_cost: Decimal
    cheaper_plan: CheaperPlan | None

    @property
    def starts_on(self) -> date:
        """The first legal day."""
        return legal_date(self.period_start, self.zone)


@dataclass(frozen=True)
class _Span:
    """A billing period that is open, closed, or so new that nobody opened it yet (`row` is None then)."""

    span: Period
    zone: ZoneInfo
    row: BillingPeriod | None
    version: PlanVersion | None
    special: SpecialTerms | None = None

    @property
    def terms(self) -> Terms:
        """What was signed for the customer, over what the plan says (B17)."""
        return agreed_terms(self.version, self.special)


def price_list(on: date) -> list[PlanPrice]:
    """The public plans with the prices in force on the legal date `on`, in order (B1, B6)."""
    return [
        PlanPrice(
            code=version.plan.code,
            name=version.plan.name,
            effective_on=version.effective_on,
            individual=version.individual,
            monthly_fee=version.monthly_fee,
            included=version.included,
            overage_unit_price=version.overage_unit_price,
            setup_fee=version.setup_fee,
        )
        for version in _public_versions(on)
    ]


def plan_in_force(*, customer_id: str, now: datetime) -> PlanInForce | None:
    """The customer's plan at `now`; None for one who has chosen none and so cannot seal in live mode."""
    subscription = (
        Subscription.objects.active_at(now).filter(customer_id=customer_id).select_related("plan_version__plan").first()
    )
    if subscription is None:
        return None
    looked_at = _current_span(customer_id, now)
    version = (looked_at and looked_at.version) or subscription.plan_version
    return PlanInForce(
        subscription_id=subscription.pk,
        plan_code=version.plan.code,
        plan_name=version.plan.name,
        interval=subscription.interval,
        started_at=subscription.started_at,
        ends_at=subscription.ended_at,
        terms=looked_at.terms if looked_at else version.terms or NO_TERMS,
    )


_QUOTA = """
    SELECT coalesce(special.included, version.included), (SELECT coalesce(sum(quantity), 0) FROM billing_usageevent
                               WHERE billing_period_id = period.id AND meter = 'seal')
      FROM billing_billingperiod period JOIN billing_planversion version ON version.id = period.plan_version_id
      LEFT JOIN billing_specialterms special ON special.id = period.special_terms_id
     WHERE period.customer_id = %s AND period.starts_at <= %s AND period.ends_at > %s
     ORDER BY period.starts_at DESC LIMIT 1
"""


def quota(*, customer_id: str, now: datetime) -> Quota | None:
    """This month's figures of `usage` alone, for every sealing answer; None without a plan."""
    with connection.cursor() as cursor:
        cursor.execute(_QUOTA, [customer_id, now, now])
        row = cursor.fetchone()
    if row is None:
        current = _unopened_span(customer_id, now)
        row = (current.terms.included, 0) if current else None
    if row is None:
        return None
    included, used = row[0] or 0, int(row[1])
    return Quota(included=included, used=used, overage=overage(included, used))


def usage(*, customer_id: str, month: date | None = None, now: datetime, narrowed: UsageFilter | None = None) -> Usage:
    """The figures of the billing period that begins in the calendar month of `month`, or of the current one.

    The one query behind portal, API and alerts. A month without a period has zeros. `narrowed` restricts
    `days` alone: what is charged does not depend on what is looked at.
    """
    looked_at = _span(customer_id, month, now)
    counted = _count_by_day(looked_at, UsageFilter())
    shown = counted if narrowed is None else _count_by_day(looked_at, narrowed)
    used = sum(counted.values())
    first_day = legal_date(looked_at.span.starts_at, looked_at.zone)
    forecast = straight_line(used, looked_at.span, now, looked_at.zone)
    users, storage_gb = levels_so_far(looked_at.terms, customer_id, looked_at.span, looked_at.zone)
    rated = rate(looked_at.terms, used, users, storage_gb)
    return Usage(
        period_start=looked_at.span.starts_at,
        period_end=looked_at.span.ends_at,
        zone=looked_at.zone,
        plan_code=looked_at.version.plan.code if looked_at.version else "",
        plan_name=looked_at.version.plan.name if looked_at.version else "",
        closed=looked_at.row is not None and looked_at.row.state == BillingPeriod.State.CLOSED,
        included=looked_at.terms.included,
        used=used,
        overage=rated.overage,
        remaining=max(0, looked_at.terms.included - used),
        late=sum(count for day, count in shown.items() if day < first_day),
        fee=rated.fee,
        overage_unit_price=looked_at.terms.overage_unit_price,
        overage_cost=rated.overage_cost,
        cost_so_far=rated.cost,
        days=[Day(day, shown.get(day, 0)) for day in days_of(looked_at.span, looked_at.zone)],
        forecast=forecast,
        forecast_cost=rate(looked_at.terms, forecast.quantity, users, storage_gb).cost,
        cheaper_plan=_advice(looked_at, forecast.quantity),
    )


def usage_seen_by(
    actor: Actor, *, month: date | None = None, now: datetime, narrowed: UsageFilter | None = None
) -> Usage:
    """`usage` of the actor's customer; raises `Forbidden` without `usage.read`.

    The month's figures are for everybody who may read usage; narrowed, a member sees what it may see of others.
    """
    actor.require("usage.read")
    narrowed = _visible_to(actor, narrowed) if narrowed and narrowed != UsageFilter() else None
    return usage(customer_id=actor.customer, month=month, now=now, narrowed=narrowed)


def usage_events_seen_by(
    actor: Actor, *, month: date | None = None, now: datetime, narrowed: UsageFilter | None = None
) -> Iterator[UsageEvent]:
    """The events behind the figures, oldest first; raises `Forbidden` without `usage.read`."""
    rows = usage_rows_seen_by(actor, month=month, now=now, narrowed=narrowed)
    return rows.order_by("occurred_at", "id").iterator(chunk_size=2000)


def usage_rows_seen_by(
    actor: Actor, *, month: date | None = None, now: datetime, narrowed: UsageFilter | None = None
) -> QuerySet[UsageEvent]:
    """The events behind the figures, in no order; raises `Forbidden` without `usage.read`.

    They tell who ordered what, so who may not see all seals or the bills gets only its own (C2). Only live seals are
    counted, and a test token knows nothing of those.
    """
    actor.require("usage.read")
    rows = _events(_span(actor.customer, month, now), _visible_to(actor, narrowed or UsageFilter()))
    return rows if actor.live else rows.none()


def usage_choices(actor: Actor, *, now: datetime) -> UsageChoices:
    """The months since the customer's first subscription, and its members and tokens as far as the actor may know.

    Raises `Forbidden` without `usage.read`.
    """
    actor.require("usage.read")
    everybody = _sees_everybody(actor)
    members = members_of(actor, with_ended=True) if everybody and actor.may("member.read") else ()
    tokens = api_tokens_of(actor, with_revoked=True) if everybody and actor.may("token.manage") else ()
    return UsageChoices(
        months=_months_of(actor.customer, now),
        members=[Orderer(member.id, str(member), member.status == member.Status.ENDED) for member in members],
        tokens=[Orderer(token.id, token.name, token.revoked_at is not None) for token in tokens],
    )


def _months_of(customer_id: str, now: datetime) -> list[date]:
    current = _span(customer_id, None, now)
    last = legal_date(current.span.starts_at, current.zone)
    anchors = Subscription.objects.filter(customer_id=customer_id).order_by("anchor_on")
    return months_back(last, anchors.values_list("anchor_on", flat=True).first() or last)


def _sees_everybody(actor: Actor) -> bool:
    return actor.may("seal.read_all") or actor.may("billing.read")


def _visible_to(actor: Actor, narrowed: UsageFilter) -> UsageFilter:
    if _sees_everybody(actor):
        return narrowed
    if actor.kind == "token":
        return replace(narrowed, token_id=actor.id)
    return replace(narrowed, member_id=actor.id)


def _public_versions(on: date) -> QuerySet[PlanVersion]:
    return PlanVersion.objects.in_force(on).filter(plan__public=True)


def _span(customer_id: str, month: date | None, now: datetime) -> _Span:
    zone = legal_zone()
    wanted = calendar_month(month or legal_date(now, zone), zone)
    found = _current_span(customer_id, now) if month is None else _span_begun_in(customer_id, wanted, now)
    return found or _Span(span=wanted, zone=zone, row=None, version=None)


def _span_begun_in(customer_id: str, wanted: Period, now: datetime) -> _Span | None:
    begun = BillingPeriod.objects.filter(starts_at__gte=wanted.starts_at, starts_at__lt=wanted.ends_at)
    if (row := _row(begun, customer_id)) is not None:
        return _of_row(row)
    current = _current_span(customer_id, now) if wanted.contains(now) else None
    return current if current is not None and wanted.contains(current.span.starts_at) else None


def _current_span(customer_id: str, now: datetime) -> _Span | None:
    row = _row(BillingPeriod.objects.filter(starts_at__lte=now, ends_at__gt=now), customer_id)
    return _of_row(row) if row else _unopened_span(customer_id, now)


def _row(periods: QuerySet[BillingPeriod], customer_id: str) -> BillingPeriod | None:
    chosen = periods.filter(customer_id=customer_id).select_related(
        "subscription", "plan_version__plan", "special_terms"
    )
    return chosen.order_by("-starts_at").first()


def _of_row(row: BillingPeriod) -> _Span:
    return _Span(
        span=row.span, zone=row.subscription.zone, row=row, version=row.plan_version, special=row.special_terms
    )


def _unopened_span(customer_id: str, now: datetime) -> _Span | None:
    subscription = (
        Subscription.objects.active_at(now).filter(customer_id=customer_id).select_related("plan_version__plan").first()
    )
    if subscription is None:
        return None
    span = period_containing(subscription.anchor_on, now, subscription.zone)
    version, special = terms_from(subscription, span.starts_at)
    return _Span(span=span, zone=subscription.zone, row=None, version=version, special=special)


def _events(looked_at: _Span, narrowed: UsageFilter) -> QuerySet[UsageEvent]:
    events = UsageEvent.objects.filter(meter=Meter.SEAL)
    events = events.filter(billing_period=looked_at.row) if looked_at.row else events.none()
    given = {name: value for name in ("member_id", "token_id") if (value := getattr(narrowed, name))}
    if narrowed.on is not None:
        begins, ends = (day_starts_at(narrowed.on + timedelta(days), looked_at.zone) for days in (0, 1))
        given |= {"occurred_at__gte": begins, "occurred_at__lt": ends}
    return events.filter(**given)


def _count_by_day(looked_at: _Span, narrowed: UsageFilter) -> dict[date, int]:
    day = TruncDate("occurred_at", tzinfo=looked_at.zone)
    return dict(_events(looked_at, narrowed).values_list(day).annotate(count=Sum("quantity")).order_by())


def _advice(looked_at: _Span, quantity: int) -> CheaperPlan | None:
    if looked_at.version is None or looked_at.terms == NO_TERMS:
        return None
    on = legal_date(looked_at.span.starts_at, looked_at.zone)
    offers = [
        Offer(code=version.plan.code, name=version.plan.name, terms=version.terms)
        for version in _public_versions(on)
        if version.terms is not None
    ]
    return cheaper_plan(looked_at.terms, quantity, offers)
