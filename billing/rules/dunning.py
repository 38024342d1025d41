"""What follows from late payment: the steps, the cure period and the count of late payments in a term (B15).

The rule says which step is due and what staff are asked; suspending a customer or ending its contract is for staff to
decide. Days are legal days of the operator's zone. A credit note takes back a demand: what it settles was never late.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from billing.rules.due_dates import late_on
from billing.rules.interest import Settlement, settled_on
from billing.rules.periods import Interval, Period, term_containing

DUE_SOON_DAYS = 5
BREACH_NOTICED_AFTER_DAYS = 10
CURE_DAYS = 30
LATE_PAYMENTS_THAT_BREACH = 3


class Standing(StrEnum):
    """How an invoice stands on a day."""

    OPEN = "open"
    DUE_SOON = "due_soon"
    DUE = "due"
    OVERDUE = "overdue"
    BREACH_NOTICED = "breach_noticed"
    NOT_CURED = "not_cured"
    CURED = "cured"
    PAID = "paid"
    PAID_LATE = "paid_late"


class Step(StrEnum):
    """What is done about an invoice, each once."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    BREACH_NOTICED = "breach_noticed"
    CURED = "cured"
    CURE_MISSED = "cure_missed"
    THIRD_LATE = "third_late"


PROPOSED = (Step.CURE_MISSED, Step.THIRD_LATE)
"""The steps after which staff are asked to decide."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """An invoice or interest note that was received: what it demands until when, and what has settled it so far.

    `can_breach` is false for a note of late interest, which is told to be overdue and nothing more.
    """

    gross: Decimal
    due_on: date
    settlements: tuple[Settlement, ...] = ()
    can_breach: bool = True

    @property
    def settled_on(self) -> date | None:
        """The value date of what settled the rest; None while something is open."""
        return settled_on(self.gross, self.settlements)

    @property
    def paid_too_late(self) -> Decimal:
        """What payments valued by the due date and credit notes of any day left unpaid, EUR."""
        counted = (each for each in self.settlements if each.by_credit or each.value_on <= self.due_on)
        return self.gross - sum((each.amount for each in counted), Decimal(0))

    def is_late(self, on: date) -> bool:
        """Whether it counts as a late payment on a day, be it paid since or not (B10, B15)."""
        return on > self.due_on and self.paid_too_late > 0


def cure_until(noticed_on: date) -> date:
    """The last day on which a payment cures the breach of which notice was given on `noticed_on` (B15)."""
    return noticed_on + timedelta(days=CURE_DAYS)


def is_cured(demand: Demand, noticed_on: date) -> bool:
    """Whether everything was paid, by value date, within the cure period (B15)."""
    settled = demand.settled_on
    return settled is not None and settled <= cure_until(noticed_on)


def standing(demand: Demand, noticed_on: date | None, today: date) -> Standing:
    """How an invoice stands today; `noticed_on` is the day on which notice of the breach was given (B9, B10, B15)."""
    if demand.settled_on is not None:
        if not demand.is_late(today):
            return Standing.PAID
        return Standing.CURED if noticed_on and is_cured(demand, noticed_on) else Standing.PAID_LATE
    if today > demand.due_on:
        if noticed_on is None:
            return Standing.OVERDUE
        return Standing.NOT_CURED if today > cure_until(noticed_on) else Standing.BREACH_NOTICED
    if today == demand.due_on:
        return Standing.DUE
    return Standing.DUE_SOON if today >= due_soon_on(demand.due_on) else Standing.OPEN


def due_soon_on(due: date) -> date:
    """The day on which we remind of a due date."""
    return due - timedelta(days=DUE_SOON_DAYS)


def breach_noticed_on(overdue_told_on: date) -> date:
    """The day on which notice of the breach is given, counted from when we told that the invoice is overdue."""
    return overdue_told_on + timedelta(days=BREACH_NOTICED_AFTER_DAYS)


def steps_due(demand: Demand, taken: dict[Step, date], today: date, *, late_count: int = 0) -> list[Step]:
    """The steps to take today; `taken` are those taken, with their days. None is taken twice, none is antedated.

    `late_count` is which late payment of its term this is. A step whose time was missed is taken late: the cure period
    counts from the notice as it was really given.
    """
    due = {
        Step.DUE_SOON: demand.settled_on is None and due_soon_on(demand.due_on) <= today <= demand.due_on,
        Step.OVERDUE: demand.settled_on is None and demand.is_late(today),
    }
    if demand.can_breach:
        told, noticed = taken.get(Step.OVERDUE), taken.get(Step.BREACH_NOTICED)
        due[Step.BREACH_NOTICED] = due[Step.OVERDUE] and told is not None and today >= breach_noticed_on(told)
        if noticed:
            due[Step.CURED] = is_cured(demand, noticed)
            due[Step.CURE_MISSED] = today > cure_until(noticed) and not is_cured(demand, noticed)
        due[Step.THIRD_LATE] = demand.is_late(today) and late_count >= LATE_PAYMENTS_THAT_BREACH
    return [step for step, is_due in due.items() if is_due and step not in taken]


def steps_undone(demand: Demand, taken: dict[Step, date], today: date, *, late_count: int = 0) -> list[Step]:
    """The steps taken for what turned out not to be so, because a payment was booked late or returned.

    What the value dates show to be on time was never late, and paid within the cure period was cured. Nothing is
    undone on a day before it was taken: then the clock has jumped back.
    """
    noticed = taken.get(Step.BREACH_NOTICED)
    never_late = not demand.is_late(today)
    cured = noticed is not None and is_cured(demand, noticed)
    undone = {
        Step.OVERDUE: never_late,
        Step.BREACH_NOTICED: never_late,
        Step.CURED: not cured or never_late,
        Step.CURE_MISSED: cured or never_late,
        Step.THIRD_LATE: never_late or late_count < LATE_PAYMENTS_THAT_BREACH,
    }
    return [step for step, is_undone in undone.items() if is_undone and step in taken and taken[step] <= today]


def counting_term(anchor_on: date, at: datetime, zone: ZoneInfo) -> Period:
    """The term in which a late payment counts: the contract year, from the subscription's anchor, around `at` (B15).

    Monthly terms renew by themselves into one contract; counted in single months a third late payment could never be.
    """
    return term_containing(anchor_on, Interval.YEAR, at, zone)


def place_among_late(late_days: Iterable[date], day: date) -> int:
    """Which late payment of its term one is, whose first late day is `day`, the first being 1 (B15)."""
    return sum(1 for each in late_days if each <= day)


def first_late_day(demand: Demand, today: date) -> date | None:
    """The day from which a demand counts as paid late; None if it does not."""
    return late_on(demand.due_on) if demand.is_late(today) else None
