"""The next invoice as it would be by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.queries import Usage, plan_in_force, usage
from billing.queries.charges import ChargeView, charges_to_invoice
from billing.rules.periods import Interval, legal_date
from billing.rules.rating import LineKind
from kernel.actor import Actor
from kernel.money import ZERO


@dataclass(frozen=True, kw_only=True)
class PreviewLine:
    """`quantity` x `unit_price` = `amount`, in EUR without VAT."""

    kind: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class InvoicePreview:
    """What the current month and the single charges have come to; `invoiced_from` is when it can be invoiced.

    `fee_is_prepaid`: the plan's fee is on another invoice, because the term was paid in advance.
    """

    usage: Usage
    lines: list[PreviewLine]
    charges: list[ChargeView]
    net: Decimal
    fee_is_prepaid: bool
    invoiced_from: date


def next_invoice(actor: Actor, *, now: datetime) -> InvoicePreview:
    """The lines that the month would have if it ended now, and what else waits to be invoiced.

    Raises `Forbidden` without `billing.read`.
    """
    actor.require("billing.read")
    figures = usage(customer_id=actor.customer, now=now)
    plan = plan_in_force(customer_id=actor.customer, now=now)
    prepaid = plan is not None and plan.interval != Interval.MONTH
    lines = _lines(figures, prepaid=prepaid)
    charges = charges_to_invoice(actor)
    net = sum((line.amount for line in lines), ZERO) + sum((charge.amount for charge in charges), ZERO)
    return InvoicePreview(
        usage=figures,
        lines=lines,
        charges=charges,
        net=net,
        fee_is_prepaid=prepaid,
        invoiced_from=legal_date(figures.period_end, figures.zone),
    )


def _lines(figures: Usage, *, prepaid: bool) -> list[PreviewLine]:
    lines = []
    if figures.fee and not prepaid:
        kind = LineKind.FEE.value
        lines.append(PreviewLine(kind=kind, quantity=1, unit_price=figures.fee, amount=figures.fee))
    if figures.overage:
        price = figures.overage_unit_price
        kind = LineKind.OVERAGE.value
        lines.append(PreviewLine(kind=kind, quantity=figures.overage, unit_price=price, amount=figures.overage_cost))
    return lines
