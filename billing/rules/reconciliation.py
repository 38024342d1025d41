"""Whether what was delivered, counted, fixed and invoiced in a month agree, and what to say where they do not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Difference(StrEnum):
    """Where two figures that must be equal are not."""

    NOT_COUNTED = "not_counted"
    NOT_DELIVERED = "not_delivered"
    PERIOD_UNEXPLAINED = "period_unexplained"
    READING_DIFFERS = "reading_differs"
    LINE_DIFFERS = "line_differs"


@dataclass(frozen=True, kw_only=True)
class MonthFigures:
    """One customer's billing period, counted at each place by itself.

    `delivered` were published in its time and `counted` have an event of that time; `missing` and `surplus` count
    those that only one side knows. `events` is what the period's events add up to: those counted, less `carried_over`
    that went to a later period because this one was closed, plus `taken_over` of earlier ones, plus `corrections`
    (below zero). `reading` is what closing fixed, `overage_due` what its terms make of it, `overage_invoiced` the
    quantity on the invoice; None where that is not yet.
    """

    delivered: int
    counted: int
    missing: int
    surplus: int
    carried_over: int
    taken_over: int
    corrections: int
    events: int
    reading: int | None
    overage_due: int | None
    overage_invoiced: int | None


def differences(figures: MonthFigures) -> list[Difference]:
    """What does not agree; nothing when every figure follows from the one before it."""
    found = []
    if figures.missing:
        found.append(Difference.NOT_COUNTED)
    if figures.surplus:
        found.append(Difference.NOT_DELIVERED)
    if figures.events != figures.counted - figures.carried_over + figures.taken_over + figures.corrections:
        found.append(Difference.PERIOD_UNEXPLAINED)
    if figures.reading is not None and figures.reading != figures.events:
        found.append(Difference.READING_DIFFERS)
    if figures.overage_invoiced is not None and figures.overage_invoiced != figures.overage_due:
        found.append(Difference.LINE_DIFFERS)
    return found
