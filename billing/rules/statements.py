"""A statement of account: what was owed on a day, what moved it since, and what is owed at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.money import ZERO


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A document or a movement of money; `amount` in EUR with VAT, above zero for what makes the customer owe more.

    `kind` is a code, `reference` a document's number or a payment's own.
    """

    on: date
    kind: str
    reference: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A movement, and what was owed after it; below zero for the customer's credit."""

    movement: Movement
    balance: Decimal


@dataclass(frozen=True, kw_only=True)
class Statement:
    """From `first_on` to `last_on`, both included. `opening` is what was owed before, `closing` after; EUR."""

    first_on: date
    last_on: date
    opening: Decimal
    entries: tuple[Entry, ...]
    closing: Decimal


def statement(movements: Iterable[Movement], first_on: date, last_on: date) -> Statement:
    """The movements of those days in their order, each with the balance after it; of one day, debts come first."""
    known = sorted(movements, key=lambda each: (each.on, -each.amount, each.reference))
    balance = opening = sum((each.amount for each in known if each.on < first_on), ZERO)
    entries = []
    for movement in known:
        if first_on <= movement.on <= last_on:
            balance += movement.amount
            entries.append(Entry(movement=movement, balance=balance))
    return Statement(first_on=first_on, last_on=last_on, opening=opening, entries=tuple(entries), closing=balance)
