"""What late payment has come to: interest, steps, late payments in the term, and what happens next (B9, B10, B15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce

from accounts.queries.suspensions import suspension_of
from accounts.rules.suspensions import Ground
from billing.models import DunningProposal, DunningStep, Invoice, InvoiceLine
from billing.queries.demands import Demanded, demanded, demands_of, late_places, term_around
from billing.rules.due_dates import late_on
from billing.rules.dunning import (
    LATE_PAYMENTS_THAT_BREACH,
    Standing,
    Step,
    breach_noticed_on,
    cure_until,
    due_soon_on,
    standing,
)
from billing.rules.interest import Segment, interest, segments
from kernel.actor import Actor
from kernel.clock import legal_date, legal_zone
from kernel.money import ZERO


@dataclass(frozen=True, kw_only=True)
class Accrued:
    """Late interest of one invoice in EUR: what is on notes already, and what has accrued since with its arithmetic."""

    billed: Decimal
    unbilled: Decimal
    parts: tuple[Segment, ...]

    @property
    def total(self) -> Decimal:
        return self.billed + self.unbilled


@dataclass(frozen=True, kw_only=True)
class BilledInterest:
    """A line of a finalised note: interest of the invoice `overdue_id` for `[starts_on, ends_on)`, EUR."""

    note_id: str
    position: int
    overdue_id: str
    starts_on: date
    ends_on: date
    net: Decimal
    credited: Decimal


@dataclass(frozen=True, kw_only=True)
class StepView:
    """A step that was taken, or, with `at` None, one that follows on `on` if nothing is paid."""

    kind: str
    on: date
    at: datetime | None = None
    until: date | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceSteps:
    """How one invoice stands, what was done, and what follows; amounts in EUR."""

    invoice_id: str
    number: str
    kind: str
    standing: Standing
    open: Decimal
    due_on: date
    days_late: int
    interest: Accrued
    cure_until: date | None
    taken: tuple[StepView, ...]
    to_come: tuple[StepView, ...]
    today: date
    per_day: Decimal

    @property
    def is_overdue(self) -> bool:
        return self.standing in (Standing.OVERDUE, Standing.BREACH_NOTICED, Standing.NOT_CURED)


@dataclass(frozen=True, kw_only=True)
class LatePayment:
    """An invoice that was not wholly paid on its due date; `paid_on` is the value date of the rest."""

    invoice_id: str
    number: str
    gross: Decimal
    due_on: date
    paid_on: date | None
    days_late: int


@dataclass(frozen=True, kw_only=True)
class CustomerStanding:
    """How a customer stands with its payments.

    `late` are the late payments of the running term, `[term_starts_on, term_ends_on)`; `limit` is how many are a breach
    that need not be cured (B15). `proposed` says that staff were asked to decide; `deferred_until` that they gave time.
    """

    overdue: tuple[InvoiceSteps, ...]
    late: tuple[LatePayment, ...]
    term_starts_on: date
    term_ends_on: date
    proposed: bool
    deferred_until: date | None
    suspended: bool
    limit: int = LATE_PAYMENTS_THAT_BREACH

    @property
    def open(self) -> Decimal:
        return sum((each.open for each in self.overdue), ZERO)

    @property
    def interest(self) -> Decimal:
        """What has accrued on what is overdue and is on no note yet."""
        return sum((each.interest.unbilled for each in self.overdue), ZERO)


def accrued_interest(invoice: Invoice, on: date) -> Accrued:
    """The late interest of an invoice if it were paid with the value date `on` (B10); none for an interest note."""
    found = demanded(invoice.pk)
    return _accrued(found, on) if found else Accrued(billed=ZERO, unbilled=ZERO, parts=())


def billed_until(invoice_id: str) -> date | None:
    """The day up to which, and without which, late interest of an invoice is on finalised notes."""
    lines = InvoiceLine.objects.filter(
        kind=InvoiceLine.Kind.INTEREST, overdue_invoice=invoice_id, invoice__state=Invoice.State.FINALISED
    )
    until: date | None = lines.aggregate(until=Max("interest_until"))["until"]
    return until


def billed_interest(customer_id: str) -> list[BilledInterest]:
    """The lines of the customer's notes of late interest that are not credited wholly, oldest first."""
    lines = InvoiceLine.objects.filter(
        kind=InvoiceLine.Kind.INTEREST, invoice__customer=customer_id, invoice__state=Invoice.State.FINALISED
    ).annotate(credited=Coalesce(Sum("credits__net"), ZERO))
    return [
        BilledInterest(
            note_id=line.invoice_id,
            position=line.position,
            overdue_id=str(line.overdue_invoice_id),
            starts_on=line.interest_from,  # type: ignore[arg-type]  # a constraint
            ends_on=line.interest_until,  # type: ignore[arg-type]
            net=line.net,
            credited=line.credited,
        )
        for line in lines.filter(credited__lt=F("net")).order_by("id")
    ]


def steps_of(invoice_id: str, *, now: datetime) -> InvoiceSteps | None:
    """How an invoice or interest note stands, what was done about it and what follows; None before it is received."""
    found = demanded(invoice_id)
    return _steps(found, legal_date(now)) if found else None


def standing_of(customer_id: str, now: datetime) -> CustomerStanding:
    """What is overdue, what was paid late in the running term, and what staff were asked to decide (B10, B15)."""
    today, zone = legal_date(now), legal_zone()
    demands = demands_of(customer_id, now=now)
    term = term_around(customer_id, today)
    counted = late_places(demands, customer_id, now=now)
    late = [each for each in demands if each.invoice.pk in counted]
    waiting = DunningProposal.objects.filter(customer_id=customer_id, state__in=DunningProposal.WAITING)
    states = dict(waiting.values_list("state", "deferred_until"))
    held = suspension_of(customer_id)
    return CustomerStanding(
        overdue=tuple(_steps(each, today) for each in demands if each.open > 0 and today > each.demand.due_on),
        late=tuple(
            _late_payment(each, today) for each in late if term_around(customer_id, late_on(each.demand.due_on)) == term
        ),
        term_starts_on=term.starts_at.astimezone(zone).date(),
        term_ends_on=term.ends_at.astimezone(zone).date(),
        proposed="open" in states,
        deferred_until=states.get("deferred"),
        suspended=held is not None and held.ground == Ground.NON_PAYMENT,
    )


def standing_seen_by(actor: Actor, *, now: datetime) -> CustomerStanding:
    """How the actor's own customer stands. Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    return standing_of(actor.customer, now)


def proposals_waiting() -> int:
    """How many proposals wait for staff; those for which time was given do not."""
    return DunningProposal.objects.filter(state=DunningProposal.State.OPEN).count()


def _accrued(found: Demanded, on: date) -> Accrued:
    if not found.demand.can_breach:
        return Accrued(billed=ZERO, unbilled=ZERO, parts=())
    lines = InvoiceLine.objects.filter(
        kind=InvoiceLine.Kind.INTEREST, overdue_invoice=found.invoice, invoice__state=Invoice.State.FINALISED
    )
    known = lines.aggregate(net=Sum("net"), until=Max("interest_until"))
    credited = lines.aggregate(net=Sum("credits__net"))["net"]
    starts_on = known["until"] or late_on(found.demand.due_on)
    settled = found.demand.settled_on
    ends_on = max(starts_on, late_on(min(on, settled) if settled else on))
    parts = segments(found.demand.gross, found.demand.settlements, starts_on, ends_on)
    billed = (known["net"] or ZERO) - (credited or ZERO)
    return Accrued(billed=billed, unbilled=interest(parts), parts=parts)


def _steps(found: Demanded, today: date) -> InvoiceSteps:
    demand = found.demand
    state = standing(demand, found.noticed_on, today)
    until = cure_until(found.noticed_on) if found.noticed_on else None
    last = demand.settled_on or today
    one_day = Segment(principal=found.open, starts_on=today, ends_on=today + timedelta(days=1))
    return InvoiceSteps(
        invoice_id=found.invoice.pk,
        number=found.number,
        kind=found.invoice.kind,
        standing=state,
        open=found.open,
        due_on=demand.due_on,
        days_late=max((last - demand.due_on).days, 0),
        interest=_accrued(found, today),
        cure_until=until,
        taken=tuple(_taken(row) for row in found.invoice.dunning_steps.order_by("at", "id")),
        to_come=tuple(_to_come(found, today)) if demand.settled_on is None else (),
        today=today,
        per_day=interest([one_day]),
    )


def _taken(row: DunningStep) -> StepView:
    return StepView(kind=row.kind, on=legal_date(row.at), at=row.at, until=row.until, withdrawn_at=row.withdrawn_at)


def _to_come(found: Demanded, today: date) -> list[StepView]:
    """What follows if nothing is paid, each with the earliest day on which it can."""
    demand, taken = found.demand, found.taken
    told = taken.get(Step.OVERDUE) or max(today, late_on(demand.due_on))
    noticed = found.noticed_on or max(today, breach_noticed_on(told))
    days = {
        Step.DUE_SOON: due_soon_on(demand.due_on),
        Step.OVERDUE: late_on(demand.due_on),
        Step.BREACH_NOTICED: noticed,
        Step.CURE_MISSED: late_on(cure_until(noticed)),
    }
    asked = days if demand.can_breach else (Step.DUE_SOON, Step.OVERDUE)
    return [
        StepView(kind=step, on=days[step], until=cure_until(noticed) if step == Step.BREACH_NOTICED else None)
        for step in asked
        if step not in taken and days[step] >= today
    ]


def _late_payment(found: Demanded, today: date) -> LatePayment:
    settled = found.demand.settled_on
    return LatePayment(
        invoice_id=found.invoice.pk,
        number=found.number,
        gross=found.demand.gross,
        due_on=found.demand.due_on,
        paid_on=settled,
        days_late=((settled or today) - found.demand.due_on).days,
    )
