"""Which plan would have been cheapest: "this month will cost 212 EUR; plan 2 would have cost 200 EUR"."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from billing.rules.rating import Terms, rate

_TENTH_OF_A_CENT = Decimal("0.001")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A plan anybody may choose, at its public price."""

    code: str
    name: str
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class CheaperPlan:
    """A plan that costs less for the same number of transactions; amounts in EUR without VAT."""

    code: str
    name: str
    cost: Decimal
    saving: Decimal


@dataclass(frozen=True, kw_only=True)
class PlanCost:
    """What a plan costs for a number of transactions a month; EUR without VAT.

    `per_transaction` is the month's cost divided by them, to a tenth of a cent, None for none. `first_year` is twelve
    such months and the set-up fee. `cheapest`: no other plan costs less a month.
    """

    code: str
    name: str
    included: int
    overage: int
    month: Decimal
    setup_fee: Decimal
    first_year: Decimal
    per_transaction: Decimal | None
    cheapest: bool


def costs_of(quantity: int, offers: Iterable[Offer]) -> list[PlanCost]:
    """What each of the `offers` costs for `quantity` transactions a month, in their order; one is the cheapest.

    Of two equally cheap ones that is the one with more included transactions: it is the safer choice.
    """
    rated = [(offer, rate(offer.terms, quantity)) for offer in offers]
    ranks = [(each.cost, -offer.terms.included) for offer, each in rated]
    return [
        PlanCost(
            code=offer.code,
            name=offer.name,
            included=offer.terms.included,
            overage=each.overage,
            month=each.cost,
            setup_fee=offer.terms.setup_fee,
            first_year=12 * each.cost + offer.terms.setup_fee,
            per_transaction=(each.cost / quantity).quantize(_TENTH_OF_A_CENT, ROUND_HALF_UP) if quantity else None,
            cheapest=place == ranks.index(min(ranks)),
        )
        for place, (offer, each) in enumerate(rated)
    ]


def cheaper_plan(current: Terms, quantity: int, offers: Iterable[Offer]) -> CheaperPlan | None:
    """The cheapest of `offers` for `quantity` transactions a month, or None if none beats `current`.

    Of two equally cheap ones the offer with more included transactions is told: it is the safer choice.
    """
    costs = [(rate(offer.terms, quantity).cost, -offer.terms.included, offer) for offer in offers]
    if not costs:
        return None
    cost, _, best = min(costs, key=lambda entry: entry[:2])
    saving = rate(current, quantity).cost - cost
    if saving <= 0:
        return None
    return CheaperPlan(code=best.code, name=best.name, cost=cost, saving=saving)
