"""What the operator answers for when a verification turns out wrong (clause A5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation; whoever shows it translates it."""
    return text


# The whole table: a document declared to be worth at most the first amount is answered for up to the second, in euros.
LIMITS: tuple[tuple[Decimal, Decimal], ...] = (
    (Decimal("100"), Decimal("100")),
    (Decimal("1000"), Decimal("1000")),
    (Decimal("10000"), Decimal("10000")),
)
MOST_DECLARED = Decimal("1000000000")

STATEMENTS: dict[str, str] = {
    "free_use": gettext_noop("This verification was free of charge: the operator accepts no liability for it."),
    "not_declared": gettext_noop(
        "No value of the document was declared: the operator accepts no liability for this verification."
    ),
    "by_declared_value": gettext_noop(
        "For a document declared to be worth %(declared)s, the operator answers for the correctness of this"
        " verification up to %(limit)s, and in all never for more than was paid in the twelve months before."
    ),
    "above_highest": gettext_noop(
        "The document was declared to be worth %(declared)s. That is more than can be covered: the operator answers for"
        " the correctness of this verification up to %(limit)s, and in all never for more than was paid in the twelve"
        " months before."
    ),
}


@dataclass(frozen=True, slots=True)
class Liability:
    """`code` is a key of `STATEMENTS`; `limit` and `declared_value` are euros."""

    code: str
    limit: Decimal
    declared_value: Decimal | None


def liability(declared_value: Decimal | None, *, free: bool) -> Liability:
    """The limit for one verification (clauses A5, B16). `declared_value` in euros, 0 or more; `free` use has none."""
    if free:
        return Liability("free_use", Decimal(0), declared_value)
    if declared_value is None:
        return Liability("not_declared", Decimal(0), None)
    for most, limit in LIMITS:
        if declared_value <= most:
            return Liability("by_declared_value", limit, declared_value)
    return Liability("above_highest", LIMITS[-1][1], declared_value)
