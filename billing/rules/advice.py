"""Which plan would have been cheapest: "this month will cost 212 EUR; plan 2 would have cost 200 EUR"."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from billing.rules.rating import Terms, rate


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
