"""Invoices and interest notes that customers have received, as the rules of late payment see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.queries.suspensions import customers_suspended_for
from accounts.rules.suspensions import Ground
from billing.models import Allocation, DunningProposal, DunningStep, Invoice, InvoiceLine, Subscription
from billing.rules.due_dates import late_on
from billing.rules.dunning import DUE_SOON_DAYS, Demand, Step, counting_term, place_among_late
from billing.rules.interest import Settlement
from billing.rules.periods import Period, day_starts_at
from kernel.clock import legal_date, legal_zone
from kernel.money import ZERO

FOLLOWED_UP_FOR = timedelta(days=400)
_KEPT_IN_VIEW = timedelta(days=800)  # whatever is followed up, with all that is of the same contract year
_SETTLED_LATELY = timedelta(days=40)


@dataclass(frozen=True, kw_only=True)
class Demanded:
    """One received invoice or interest note with the steps taken for it; `open` is EUR with VAT."""

    invoice: Invoice
    demand: Demand
    steps: dict[Step, DunningStep]

    @property
    def number(self) -> str:
        return str(self.invoice.number)

    @property
    def open(self) -> Decimal:
        return self.demand.gross - sum((each.amount for each in self.demand.settlements), ZERO)

    @property
    def taken(self) -> dict[Step, date]:
        """The legal days on which the steps were taken."""
        return {step: legal_date(row.at) for step, row in self.steps.items()}

    @property
    def noticed_on(self) -> date | None:
        """The day on which notice of the breach was given."""
        return self.taken.get(Step.BREACH_NOTICED)


def demands_of(customer_id: str, *, now: datetime) -> list[Demanded]:
    """What the customer has received, oldest first: all that is open or was settled lately, and what was due in the
    last 800 days.
    """
    since = legal_date(now) - _KEPT_IN_VIEW
    lately = Allocation.objects.filter(invoice=OuterRef("pk"), made_at__gt=now - _SETTLED_LATELY)
    received = _received().filter(customer_id=customer_id)
    return [
        _demanded(invoice)
        for invoice in _with_rows(received.filter(Q(left__gt=0) | Q(due_on__gte=since) | Exists(lately)))
    ]


def demanded(invoice_id: str) -> Demanded | None:
    """One document that was received; None for another."""
    return next((_demanded(invoice) for invoice in _with_rows(_received().filter(pk=invoice_id))), None)


def late_places(demands: Collection[Demanded], customer_id: str, *, now: datetime) -> dict[str, int]:
    """By the ids of invoices: which late payment of its term each is (B15).

    Left out are those that are not late, and those whose contract year is not wholly in view any more.
    """
    today = legal_date(now)
    late = [
        (each.invoice.pk, late_on(each.demand.due_on))
        for each in demands
        if each.demand.can_breach and each.demand.is_late(today)
    ]
    followed = {each.invoice.pk for each in demands if each.demand.due_on >= today - FOLLOWED_UP_FOR}
    terms = {day: term_around(customer_id, day) for _, day in late}
    return {
        invoice_id: place_among_late((other for _, other in late if terms[other] == terms[day]), day)
        for invoice_id, day in late
        if invoice_id in followed
    }


def term_around(customer_id: str, day: date) -> Period:
    """The term in which what became late on `day` counts: the contract year, or without a plan the calendar year."""
    zone = legal_zone()
    instant = day_starts_at(day, zone)
    end = day_starts_at(day + timedelta(days=1), zone)
    begun = Subscription.objects.filter(customer_id=customer_id, started_at__lt=end).order_by("-started_at")
    subscription = begun.first()
    anchor_on = subscription.anchor_on if subscription else day.replace(month=1, day=1)
    return counting_term(anchor_on, instant, subscription.zone if subscription else zone)


def overdue_total(customer_id: str, *, now: datetime) -> tuple[int, Decimal]:
    """How many documents are overdue and what is open of them, EUR: one question, for every page about money."""
    overdue = _received().filter(Q(left__gt=0), customer_id=customer_id, due_on__lt=legal_date(now))
    found = overdue.aggregate(count=Count("pk"), open=Sum("left"))
    return found["count"], Decimal(found["open"] or ZERO)


def customers_to_follow_up(*, now: datetime) -> list[str]:
    """The ids of the customers for whom something may be due: steps, interest, a decision or a restoration."""
    today = legal_date(now)
    received = _received()
    billed = (
        InvoiceLine.objects.filter(kind=InvoiceLine.Kind.INTEREST, overdue_invoice=OuterRef("pk"))
        .values("overdue_invoice")
        .annotate(until=Max("interest_until"))
        .values("until")
    )
    settled_late = Allocation.objects.filter(
        invoice=OuterRef("pk"), value_on__gt=OuterRef("due_on"), made_at__gt=now - _SETTLED_LATELY
    )
    soon = today + timedelta(days=DUE_SOON_DAYS)
    open_ones = received.filter(Q(left__gt=0), due_on__lte=soon)
    settled_ones = received.annotate(until=Subquery(billed), last_value_on=Max("allocations__value_on")).filter(
        Exists(settled_late), Q(until=None) | Q(until__lte=F("last_value_on"))
    )
    waiting = DunningProposal.objects.filter(state__in=DunningProposal.WAITING)
    return sorted(
        {
            *open_ones.values_list("customer_id", flat=True),
            *settled_ones.values_list("customer_id", flat=True),
            *waiting.values_list("customer_id", flat=True),
            *customers_suspended_for(Ground.NON_PAYMENT),
        }
    )


def _received() -> QuerySet[Invoice]:
    """Finalised invoices and interest notes with a due date, with what is left to pay of each."""
    settled = (
        Allocation.objects.filter(invoice=OuterRef("pk")).values("invoice").annotate(sum=Sum("amount")).values("sum")
    )
    return (
        Invoice.objects.finalised()
        .exclude(kind=Invoice.Kind.CREDIT_NOTE)
        .filter(due_on__isnull=False)
        .annotate(left=F("gross") - Coalesce(Subquery(settled), ZERO))
    )


def _with_rows(received: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return received.prefetch_related("allocations", "dunning_steps").order_by("due_on", "issued_on", "serial")


def _demanded(invoice: Invoice) -> Demanded:
    settlements = tuple(
        Settlement(amount=each.amount, value_on=each.value_on, by_credit=each.credit_note_id is not None)
        for each in invoice.allocations.all()
    )
    demand = Demand(
        gross=Decimal(invoice.gross),
        due_on=invoice.due_on,  # type: ignore[arg-type]  # received ones have it
        settlements=settlements,
        can_breach=invoice.kind == Invoice.Kind.INVOICE,
    )
    steps = {Step(row.kind): row for row in invoice.dunning_steps.all() if row.withdrawn_at is None}
    return Demanded(invoice=invoice, demand=demand, steps=steps)
