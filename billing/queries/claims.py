"""What a customer owes and no document demands yet, and up to when it is invoiced next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import (
    BillingPeriod,
    BillingRun,
    Charge,
    InvoiceLine,
    MeterReading,
    PlanVersion,
    SpecialTerms,
    SubscriptionTerm,
)
from billing.rules.invoicing import NewLine, charge_line, months_of, next_until, period_lines, run_month, term_line
from billing.rules.periods import legal_date
from kernel.clock import legal_zone

_MOMENT = timedelta(microseconds=1)
_FINALISED = InvoiceLine.objects.filter(invoice__state="finalised")


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """Up to when (UTC) a run of this key invoices everything."""

    key: str
    until: datetime


def next_boundary(customer_id: str, now: datetime) -> Boundary | None:
    """The oldest legal month, or paid term, that something is to be invoiced for; None when nothing is due at `now`.

    Months come one at a time and in order, each when its billing period is closed. What begins a term with the month
    goes onto that month's invoice; a term that begins at another time is invoiced at once.
    """
    zone = legal_zone()
    begun = BillingPeriod.objects.filter(customer_id=customer_id, state=BillingPeriod.State.OPEN, ends_at__lte=now)
    if (month := _next_month(customer_id, now, zone)) is not None:
        return None if begun.filter(ends_at__lte=month.until).exists() else month
    term = unclaimed_terms(customer_id, now).first()
    if term is None or begun.exists():
        return None
    run = BillingRun.objects.filter(customer_id=customer_id, key=f"term:{term.pk}").first()
    return Boundary(key=f"term:{term.pk}", until=run.until if run else now + _MOMENT)


def claimable_lines(customer_id: str, until: datetime) -> list[NewLine]:
    """The lines of everything that became due before `until` (for terms: by then) and no document demands yet."""
    zone = legal_zone()
    periods = unclaimed_periods(customer_id).filter(ends_at__lte=until)
    terms = unclaimed_terms(customer_id, until)
    charges = unclaimed_charges(customer_id).filter(occurred_at__lt=until)
    return [
        *(line for period in periods for line in lines_of_period(period, zone)),
        *(line for term in terms if (line := _line_of_term(term, zone)) is not None),
        *(_line_of_charge(charge, zone) for charge in charges),
    ]


def unclaimed_periods(customer_id: str | None = None) -> QuerySet[BillingPeriod]:
    """Closed billing periods, oldest first, that no finished run covers.

    A run covers what was closed by then: a month that nobody had opened until a charge of it was invoiced comes later.
    """
    done = BillingRun.objects.filter(
        state=BillingRun.State.DONE,
        customer_id=OuterRef("customer_id"),
        until__gte=OuterRef("ends_at"),
        done_at__gte=OuterRef("closed_at"),
    ).exclude(key__startswith="term:")
    closed = BillingPeriod.objects.filter(state=BillingPeriod.State.CLOSED)
    if customer_id is not None:
        closed = closed.filter(customer_id=customer_id)
    closed = closed.filter(~Exists(done)).exclude(Exists(_FINALISED.filter(billing_period=OuterRef("pk"))))
    return closed.select_related("plan_version__plan", "special_terms", "subscription").order_by("ends_at")


def unclaimed_terms(customer_id: str | None, until: datetime) -> QuerySet[SubscriptionTerm]:
    """Terms to be paid in advance that had begun by `until`, oldest first, and are on no finalised document."""
    begun = SubscriptionTerm.objects.filter(prepaid=True, starts_at__lte=until)
    if customer_id is not None:
        begun = begun.filter(customer_id=customer_id)
    free = BillingRun.objects.filter(state=BillingRun.State.DONE, invoice=None, key__startswith="term:")
    billed = Exists(_FINALISED.filter(kind=InvoiceLine.Kind.TERM_FEE, term=OuterRef("pk")))
    found = begun.exclude(billed).select_related("plan_version__plan", "special_terms").order_by("starts_at", "pk")
    settled = [int(key.partition(":")[2]) for key in free.filter(_of(customer_id)).values_list("key", flat=True)]
    return found.exclude(pk__in=settled)


def unclaimed_charges(customer_id: str | None = None) -> QuerySet[Charge]:
    """Charges that stand, cost something and are on no finalised document, oldest first."""
    owed = Charge.objects.standing().filter(amount__gt=0)
    if customer_id is not None:
        owed = owed.filter(customer_id=customer_id)
    return owed.exclude(Exists(_FINALISED.filter(charge=OuterRef("pk")))).order_by("occurred_at", "id")


def customers_with_claims(now: datetime) -> set[str]:
    """Who may have something to be invoiced at `now`; `next_boundary` says whether it is so."""
    month_began = next_until(legal_date(now, legal_zone()), legal_zone(), months=0)
    found: Iterable[QuerySet[Any]] = (
        unclaimed_periods().filter(ends_at__lte=now),
        unclaimed_terms(None, now),
        unclaimed_charges().filter(occurred_at__lt=month_began),
    )
    return {customer for rows in found for customer in rows.order_by().values_list("customer_id", flat=True)}


def lines_of_period(period: BillingPeriod, zone: ZoneInfo, readings: dict[str, int] | None = None) -> list[NewLine]:
    """The lines of one billing period, by its readings or those given."""
    if readings is None:
        readings = dict(MeterReading.objects.filter(billing_period=period).values_list("meter", "quantity"))
    covering = SubscriptionTerm.objects.filter(
        subscription_id=period.subscription_id,
        prepaid=True,
        starts_at__lte=period.starts_at,
        ends_at__gt=period.starts_at,
    )
    return period_lines(
        period.terms,
        readings,
        prepaid=covering.exists(),
        sources={"billing_period_id": period.pk},
        facts=_dated(period.plan_version, period.special_terms, period.starts_at, period.ends_at, zone),
    )


def _of(customer_id: str | None) -> Q:
    return Q() if customer_id is None else Q(customer_id=customer_id)


def _next_month(customer_id: str, now: datetime, zone: ZoneInfo) -> Boundary | None:
    due = [period.ends_at - _MOMENT for period in unclaimed_periods(customer_id)[:1]]
    due += [charge.occurred_at for charge in unclaimed_charges(customer_id)[:1]]
    if not due:
        return None
    done = BillingRun.objects.filter(customer_id=customer_id, state=BillingRun.State.DONE)
    last = done.exclude(key__startswith="term:").order_by("-until").values_list("until", flat=True).first()
    until = next_until(legal_date(min(due), zone), zone)
    if last is not None and until <= last:  # it came after its month was invoiced
        until = next_until(legal_date(last, zone), zone)
    return Boundary(key=run_month(until, zone), until=until) if until <= now else None


def _line_of_term(term: SubscriptionTerm, zone: ZoneInfo) -> NewLine | None:
    first, end = legal_date(term.starts_at, zone), legal_date(term.ends_at, zone)
    fee = term.terms.monthly_fee
    facts = _dated(term.plan_version, term.special_terms, term.starts_at, term.ends_at, zone)
    return term_line(fee, months_of(first, end), term_id=term.pk, facts=facts)


def _line_of_charge(charge: Charge, zone: ZoneInfo) -> NewLine:
    on = legal_date(charge.occurred_at, zone).isoformat()
    facts = {"item": charge.item, "description": charge.description, "from_on": on, "until_on": on}
    return charge_line(charge.pk, charge.quantity, charge.unit_price, charge.amount, facts)


def _dated(
    version: PlanVersion, special: SpecialTerms | None, starts_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    return {
        "plan_code": version.plan_id,
        "plan_name": version.plan.name,
        "special_terms": special.pk if special else None,
        "from_on": legal_date(starts_at, zone).isoformat(),
        "until_on": legal_date(ends_at - _MOMENT, zone).isoformat(),
    }
