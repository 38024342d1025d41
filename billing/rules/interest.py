"""Late interest: 0.02 % of what is unpaid for each late day, by itself, without compounding (B10).

The day of payment counts as late, the due date does not: due on the 30th and paid on the 31st is one day. What counts
is the value date, whenever the bank tells of it. Interest bears no interest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from billing.rules.due_dates import late_on

RATE_PER_DAY = Decimal("0.0002")
BOOKED_WITHIN_DAYS = 3
_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What settled a part of an invoice as of `value_on`: a payment or a credit note, EUR; below zero when undone."""

    amount: Decimal
    value_on: date
    by_credit: bool = False


@dataclass(frozen=True, kw_only=True)
class Segment:
    """`days` late days `[starts_on, ends_on)` on which the same `principal` was unpaid, EUR with VAT."""

    principal: Decimal
    starts_on: date
    ends_on: date

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days

    @property
    def last_on(self) -> date:
        """The last day that counts."""
        return self.ends_on - timedelta(days=1)


def unpaid(gross: Decimal, settlements: Iterable[Settlement], on: date) -> Decimal:
    """The principal that bears interest on a day: what was settled before that day is off it (B10)."""
    return gross - sum((each.amount for each in settlements if each.value_on < on), Decimal(0))


def segments(gross: Decimal, settlements: Iterable[Settlement], starts_on: date, ends_on: date) -> tuple[Segment, ...]:
    """The late days `[starts_on, ends_on)` of an invoice, cut where its unpaid principal changes (B10).

    Days on which nothing is unpaid are in none of them. A payment that was undone counts as never made, because its
    reversal has the same value date.
    """
    known = tuple(settlements)
    days = {each.value_on + timedelta(days=1) for each in known}
    changes = [day for day in days if unpaid(gross, known, day) != unpaid(gross, known, day - timedelta(days=1))]
    cuts = [starts_on, *sorted(day for day in changes if starts_on < day < ends_on), ends_on]
    spans = [(unpaid(gross, known, first), first, end) for first, end in pairwise(cuts)]
    return tuple(
        Segment(principal=principal, starts_on=first, ends_on=end)
        for principal, first, end in spans
        if principal > 0 and first < end
    )


def interest(parts: Iterable[Segment]) -> Decimal:
    """Principal x 0.0002 x days over all parts, EUR, rounded half up once for the line of the note (B10)."""
    exact = sum((part.principal * RATE_PER_DAY * part.days for part in parts), Decimal(0))
    return exact.quantize(_CENT, rounding=ROUND_HALF_UP)


def settled_on(gross: Decimal, settlements: Iterable[Settlement]) -> date | None:
    """The value date from which nothing is left to pay, or None."""
    known = tuple(settlements)
    days = sorted({each.value_on for each in known})
    return next((day for day in days if unpaid(gross, known, day + timedelta(days=1)) <= 0), None)


def interest_billable_until(due: date, settled: date | None, today: date) -> date:
    """The day up to which, and without which, interest is put on a note today (B10).

    Once the principal is settled: through the value date of the last payment. Until then: through the last month's end,
    three days into the next month, so that payments valued in the month have been booked.
    """
    if settled is not None:
        return max(late_on(settled), late_on(due))
    booked = today - timedelta(days=BOOKED_WITHIN_DAYS)
    return max(booked.replace(day=1), late_on(due))
