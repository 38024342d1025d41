"""When a customer is told that a month goes far, and when a spending cap stops it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

SHARES = (80, 100)  # per cent of the included transactions
GRACE_SEALS = 100  # what a new cap leaves after it, unless the customer says otherwise


class ThresholdKind(StrEnum):
    """What a threshold is of."""

    SHARE = "share"
    COST = "cost"
    CAP = "cap"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class Cap:
    """The most that a month's seals beyond the plan may cost, EUR without VAT, and how many more are let through."""

    amount: Decimal
    grace: int


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Per cent of the included transactions for a share, else EUR without VAT."""

    kind: ThresholdKind
    at: Decimal


def allowed_seals(included: int, overage_unit_price: Decimal, cap: Cap) -> int | None:
    """How many seals a month may have under a cap, its grace included; None where seals beyond the plan are free."""
    affordable = affordable_seals(included, overage_unit_price, cap)
    return None if affordable is None else affordable + cap.grace


def affordable_seals(included: int, overage_unit_price: Decimal, cap: Cap) -> int | None:
    """How many seals a month may have before the cap is exceeded; None where seals beyond the plan are free."""
    return included + int(cap.amount // overage_unit_price) if overage_unit_price else None


def reached(
    *,
    used: int,
    included: int,
    overage_unit_price: Decimal,
    cost: Decimal,
    alerts: Iterable[Decimal],
    cap: Cap | None,
) -> list[Threshold]:
    """The thresholds that a month with `used` transactions and a `cost` (EUR without VAT) has reached, lowest first.

    Shares need included transactions; an alert is reached when the month costs as much. The cap is reached when not
    one seal more can be had for its amount, and its grace is over when the allowed seals are used.
    """
    found = [
        Threshold(kind=ThresholdKind.SHARE, at=Decimal(share))
        for share in SHARES
        if included and used * 100 >= included * share
    ]
    found += [Threshold(kind=ThresholdKind.COST, at=amount) for amount in sorted(alerts) if cost >= amount]
    if cap is None or (affordable := affordable_seals(included, overage_unit_price, cap)) is None:
        return found
    if used >= affordable:
        found.append(Threshold(kind=ThresholdKind.CAP, at=cap.amount))
    if used >= affordable + cap.grace:
        found.append(Threshold(kind=ThresholdKind.STOP, at=cap.amount))
    return found
