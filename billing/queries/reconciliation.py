"""Deliveries, usage events, readings and invoice lines of a month side by side, each counted by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Max, QuerySet, Sum
from django.utils.module_loading import import_string

from billing.models import BillingPeriod, InvoiceLine, Meter, UsageEvent
from billing.rules.periods import calendar_month
from billing.rules.rating import LineKind, overage, with_special_terms
from billing.rules.reconciliation import Difference, MonthFigures, differences
from kernel.clock import legal_zone
from kernel.tenancy.context import CustomerGone

SEAL, CORRECTION = "seal", "correction"
_SHOWN_IDS = 20


@dataclass(frozen=True, kw_only=True)
class ReconciledMonth:
    """A billing period's figures and where they disagree; `unmatched` names up to 20 deliveries that only one side has.

    `erased`: the customer's deliveries are gone with its contract, so that only events and invoices are compared.
    """

    customer_id: str
    slug: str
    customer: str
    period_id: int
    starts_at: datetime
    closed: bool
    erased: bool
    figures: MonthFigures
    differences: list[Difference]
    unmatched: list[str]


def reconcile(*, month: date, customer: str = "", now: datetime) -> Iterator[ReconciledMonth]:
    """Every customer's billing period that begins in the calendar month of `month`, or that of one, by its slug.

    What is under way at `now` has not happened in both places yet, so that deliveries are compared up to `now`.
    """
    span = calendar_month(month, legal_zone())
    periods = BillingPeriod.objects.filter(starts_at__gte=span.starts_at, starts_at__lt=span.ends_at)
    if customer:
        periods = periods.filter(customer__slug=customer)
    periods = periods.select_related("customer", "plan_version", "special_terms").order_by("customer__slug")
    for period in periods.iterator(chunk_size=200):
        yield _reconciled(period, min(now, period.ends_at))


def _reconciled(period: BillingPeriod, until: datetime) -> ReconciledMonth:
    known, erased = _delivered(period, until)
    events = UsageEvent.objects.filter(
        billing_period__customer_id=period.customer_id,
        meter=Meter.SEAL,
        occurred_at__gte=period.starts_at,
        occurred_at__lt=period.ends_at,
    ).exclude(source_type=CORRECTION)
    counted = set(events.filter(source_type=SEAL).values_list("source_id", flat=True))
    delivered = counted if erased else known
    figures = _figures(period, events, missing=len(delivered - counted), surplus=len(counted - delivered))
    return ReconciledMonth(
        customer_id=period.customer_id,
        slug=period.customer.slug,
        customer=str(period.customer),
        period_id=period.pk,
        starts_at=period.starts_at,
        closed=period.state == BillingPeriod.State.CLOSED,
        erased=erased,
        figures=figures,
        differences=differences(figures),
        unmatched=sorted(delivered ^ counted)[:_SHOWN_IDS],
    )


def _delivered(period: BillingPeriod, until: datetime) -> tuple[set[str], bool]:
    """The ids of what was delivered, and whether there is nobody left to ask."""
    try:
        return import_string(settings.DELIVERED_SOURCES)(period.customer_id, period.starts_at, until), False
    except CustomerGone:
        return set(), True


def _figures(period: BillingPeriod, events: QuerySet[UsageEvent], *, missing: int, surplus: int) -> MonthFigures:
    inside = period.events.filter(meter=Meter.SEAL)
    counted = _sum(events)
    reading = period.readings.filter(meter=Meter.SEAL).values_list("quantity", flat=True).first()
    return MonthFigures(
        delivered=counted + missing - surplus,
        counted=counted,
        missing=missing,
        surplus=surplus,
        carried_over=_sum(events.exclude(billing_period=period)),
        taken_over=_sum(inside.filter(late=True).exclude(source_type=CORRECTION)),
        corrections=_sum(inside.filter(source_type=CORRECTION)),
        events=_sum(inside),
        reading=reading,
        overage_due=None if reading is None else overage(_included(period), reading),
        overage_invoiced=_invoiced(period),
    )


def _sum(events: QuerySet[UsageEvent]) -> int:
    return int(events.order_by().aggregate(total=Sum("quantity"))["total"] or 0)


def _included(period: BillingPeriod) -> int:
    terms, special = period.plan_version.terms, period.special_terms
    if terms is None:
        return (special and special.included) or 0
    return with_special_terms(terms, special.overrides if special else None).included


def _invoiced(period: BillingPeriod) -> int | None:
    """The quantity beyond the plan on a finalised invoice; None while the month is on none."""
    lines = InvoiceLine.objects.filter(billing_period=period, invoice__state="finalised")
    if not lines.exists():
        return None
    beyond = lines.filter(kind=LineKind.OVERAGE.value).order_by()
    return int(beyond.aggregate(quantity=Max("quantity"))["quantity"] or 0)
