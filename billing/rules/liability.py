"""The most we are liable for (B16): what the customer paid in the 12 months before the claim, nothing for free use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.rules.periods import months_after
from kernel.money import ZERO

MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class Liability:
    """The cap on `on`: payments value-dated after `after`, and up to `on` itself; EUR."""

    on: date
    after: date
    amount: Decimal


def liability_cap(movements: Iterable[tuple[date, Decimal]], on: date) -> Liability:
    """From value dates and amounts of what was paid, returned (below zero) and paid back (below zero).

    A payment counts until the same day of the month 12 months later, that day not included; of the last of a longer
    month, until the last of the shorter. Never below zero.
    """
    after = months_after(on, -MONTHS)
    paid = sum((amount for value_on, amount in movements if after < value_on <= on), ZERO)
    return Liability(on=on, after=after, amount=max(paid, ZERO))
