"""What a payment settles, decided by what its payer wrote and from which account it came; never by its amount alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Outcome(StrEnum):
    """How well a payment is understood."""

    EXACT = "exact"  # the documents named are open for exactly this amount
    PART = "part"  # more is open of them
    OVER = "over"  # less is open of them: the rest is the customer's credit
    SETTLED = "settled"  # nothing is open of them: all of it is the customer's credit
    PAYER = "payer"  # nothing is named, but the account is known and owes exactly this
    QUEUE = "queue"  # people decide


class Doubt(StrEnum):
    """Why people have to decide."""

    NOTHING_NAMED = "nothing_named"
    UNKNOWN_DOCUMENT = "unknown_document"
    SEVERAL_CUSTOMERS = "several_customers"
    DOUBTFUL_REFERENCE = "doubtful_reference"


@dataclass(frozen=True, kw_only=True)
class Owed:
    """An invoice or interest note: what is open of it, EUR with VAT; zero once it is paid. `due_on` None: not yet
    delivered."""

    invoice_id: str
    customer_id: str
    open: Decimal
    due_on: date | None


@dataclass(frozen=True)
class Part:
    """So much of the payment for this invoice."""

    invoice_id: str
    amount: Decimal


@dataclass(frozen=True)
class Match:
    """`credit` is what the parts leave of the payment, the customer's; without a customer nothing is decided."""

    outcome: Outcome
    customer_id: str | None = None
    parts: tuple[Part, ...] = ()
    credit: Decimal = Decimal("0.00")
    doubt: Doubt | None = None


def match_payment(
    amount: Decimal,
    *,
    named: Sequence[Owed],
    unknown: bool = False,
    doubtful: bool = False,
    payers: frozenset[str] = frozenset(),
    owed_by_payer: Sequence[Owed] = (),
) -> Match:
    """Whose a payment is and what it settles.

    `named` are the documents that the payer named, `unknown` tells that another one was named that there is none of,
    `doubtful` that a reference was mistyped. `payers` are the customers that have paid from this account before, and
    `owed_by_payer` all that is open of theirs. A reference says whose the payment is, whoever paid it. It settles what
    was named and nothing else: who names several pays the one due first first, and the rest is credit.
    """
    customers = {entry.customer_id for entry in named}
    if len(customers) > 1:
        return Match(Outcome.QUEUE, doubt=Doubt.SEVERAL_CUSTOMERS)
    if customers:
        return _settle(amount, named)
    if unknown:
        return Match(Outcome.QUEUE, doubt=Doubt.UNKNOWN_DOCUMENT)
    if doubtful:
        return Match(Outcome.QUEUE, doubt=Doubt.DOUBTFUL_REFERENCE)
    if len(payers) == 1 and len(owed_by_payer) == 1 and owed_by_payer[0].open == amount:
        only = owed_by_payer[0]
        return Match(Outcome.PAYER, only.customer_id, (Part(only.invoice_id, amount),))
    return Match(Outcome.QUEUE, doubt=Doubt.NOTHING_NAMED)


def spread(amount: Decimal, owed: Sequence[Owed]) -> tuple[Part, ...]:
    """`amount` over what is open, the one due first first; what is not delivered yet comes last."""
    parts: list[Part] = []
    for entry in sorted(owed, key=lambda entry: (entry.due_on or date.max, entry.invoice_id)):
        part = min(amount, entry.open)
        if part > 0:
            parts.append(Part(entry.invoice_id, part))
            amount -= part
    return tuple(parts)


def _settle(amount: Decimal, named: Sequence[Owed]) -> Match:
    parts = spread(amount, named)
    credit = amount - sum((part.amount for part in parts), Decimal("0.00"))
    left_open = sum((entry.open for entry in named), Decimal("0.00")) - (amount - credit)
    if not parts:
        outcome = Outcome.SETTLED
    elif credit:
        outcome = Outcome.OVER
    else:
        outcome = Outcome.PART if left_open else Outcome.EXACT
    return Match(outcome, named[0].customer_id, parts, credit)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """What a payment in the queue has in common with a customer."""

    paid_before: bool
    amount_open: bool
    name_alike: bool
    reference_alike: bool


_POINTS = {"reference_alike": 8, "paid_before": 4, "amount_open": 2, "name_alike": 1}


def likelihood(likeness: Likeness) -> int:
    """How likely the payment is this customer's, to sort suggestions by; zero is no suggestion.

    Each sign outweighs all weaker ones together: a mistyped reference, the account, the amount, the name.
    """
    return sum(points for sign, points in _POINTS.items() if getattr(likeness, sign))
