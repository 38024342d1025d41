"""A month's cost, split by who ordered and by the customer's own cost centres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, Sum

from billing.models import CostCentre, Meter, UsageEvent
from billing.queries import Usage, usage
from billing.queries.orderers import orderer_names
from billing.rules.split import split
from kernel.actor import Actor
from kernel.money import ZERO


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one member or API token used of a month, and its part of the month's cost in EUR without VAT."""

    orderer_id: str
    name: str
    by_program: bool
    cost_centre: str
    quantity: int
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class CentreTotal:
    """A cost centre's part; the one without a name has what nobody put under one."""

    name: str
    quantity: int
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class CostSplit:
    """A month, split: `shares` and `centres` each add up to the month's cost, unless nothing was used."""

    usage: Usage
    shares: list[Share]
    centres: list[CentreTotal]


def cost_split(actor: Actor, *, month: date | None, now: datetime) -> CostSplit:
    """The month's cost by member and API token and by cost centre, the most used first.

    The whole cost, fee included, is divided by the transactions used; cents left over go to the largest remainders.
    Raises `Forbidden` without `billing.read`.
    """
    actor.require("billing.read")
    figures = usage(customer_id=actor.customer, month=month, now=now)
    counted = _counted(actor.customer, figures)
    names = orderer_names(actor.customer, counted)
    centres = dict(CostCentre.objects.filter(customer_id=actor.customer).values_list("orderer_id", "name"))
    ordered = sorted(counted, key=lambda each: (-counted[each], each))
    weights = [max(counted[each], 0) for each in ordered]
    costs = split(figures.cost_so_far, weights) if any(weights) else [ZERO for _ in weights]
    shares = [
        Share(
            orderer_id=each,
            name=names.get(each, each),
            by_program=each.startswith("tok_"),
            cost_centre=centres.get(each, ""),
            quantity=counted[each],
            cost=cost,
        )
        for each, cost in zip(ordered, costs, strict=True)
    ]
    return CostSplit(usage=figures, shares=shares, centres=_centres(shares))


def _counted(customer_id: str, figures: Usage) -> dict[str, int]:
    events = UsageEvent.objects.filter(
        billing_period__customer_id=customer_id,
        billing_period__starts_at=figures.period_start,
        meter=Meter.SEAL,
    )
    counted: dict[str, int] = {}
    for member_id, token_id, total in events.values_list("member_id", "token_id").annotate(total=Sum("quantity")):
        counted[member_id or token_id] = counted.get(member_id or token_id, 0) + total
    return counted


def _centres(shares: Iterable[Share]) -> list[CentreTotal]:
    totals: dict[str, CentreTotal] = {}
    for share in shares:
        before = totals.get(share.cost_centre, CentreTotal(name=share.cost_centre, quantity=0, cost=Decimal("0.00")))
        totals[share.cost_centre] = CentreTotal(
            name=share.cost_centre, quantity=before.quantity + share.quantity, cost=before.cost + share.cost
        )
    return sorted(totals.values(), key=lambda total: (total.name == "", -total.quantity, total.name))


def has_ordered(*, customer_id: str, orderer_id: str) -> bool:
    """Whether a member or an API token has used anything at this customer."""
    ordered = Q(member_id=orderer_id) | Q(token_id=orderer_id)
    events = UsageEvent.objects.filter(ordered, billing_period__customer_id=customer_id)
    return bool(orderer_id) and events.exists()
