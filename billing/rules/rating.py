"""What a billing period costs: fee + max(0, used - included) x overage price (B1, B7, B17)."""

from dataclasses import dataclass, fields, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")


class LineKind(StrEnum):
    """What a line of a month is for; the names are those of the invoice's lines."""

    FEE = "fee"
    OVERAGE = "overage"
    EXTRA_USER = "extra_user"
    STORAGE_GB = "storage_gb"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The prices of one month, in EUR without VAT: a plan version, or one with special terms over it.

    `monthly_fee` and `setup_fee` have two places, unit prices up to six; `included` counts transactions per month.
    Users and storage (GB) are charged where it is said how many are included; None: they are not counted (B7).
    """

    monthly_fee: Decimal
    included: int
    overage_unit_price: Decimal
    setup_fee: Decimal = Decimal("0.00")
    included_users: int | None = None
    extra_user_price: Decimal | None = None
    included_storage_gb: int | None = None
    storage_gb_price: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SpecialTerms:
    """What both sides signed instead of the price list (B17); None leaves the plan's own value."""

    monthly_fee: Decimal | None = None
    included: int | None = None
    overage_unit_price: Decimal | None = None
    setup_fee: Decimal | None = None
    included_users: int | None = None
    extra_user_price: Decimal | None = None
    included_storage_gb: int | None = None
    storage_gb_price: Decimal | None = None


NO_TERMS = Terms(monthly_fee=Decimal("0.00"), included=0, overage_unit_price=Decimal("0.00"))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a rated period: `quantity` x `unit_price`, rounded once into `amount` (EUR without VAT)."""

    kind: LineKind
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class RatedPeriod:
    """The lines of one month and the three figures that every door shows."""

    lines: tuple[Line, ...]
    overage: int
    fee: Decimal
    overage_cost: Decimal

    @property
    def cost(self) -> Decimal:
        """Sum of the lines, EUR without VAT."""
        return self.fee + self.overage_cost


def with_special_terms(terms: Terms, special: SpecialTerms | None) -> Terms:
    """The terms that hold for a customer: what was signed overrides the plan, field by field (B17)."""
    if special is None:
        return terms
    agreed = {field.name: getattr(special, field.name) for field in fields(special)}
    return replace(terms, **{name: value for name, value in agreed.items() if value is not None})


def amount(quantity: int, unit_price: Decimal) -> Decimal:
    """`quantity` x `unit_price` in EUR, rounded half-up once for the whole line and never per event."""
    return (quantity * unit_price).quantize(CENT, rounding=ROUND_HALF_UP)


def overage(included: int, used: int) -> int:
    """How many transactions exceed the plan (B7)."""
    return max(0, used - included)


def rate(terms: Terms, used: int) -> RatedPeriod:
    """Rate one month in which `used` transactions were delivered.

    The fee is due whatever was used; only what exceeds the included transactions costs more (B1, B7).
    No overage line exists without overage, and no fee line on a plan without a fee. A negative `used`
    (more reversals than seals, after corrections of an earlier month) costs the fee and no less.
    """
    beyond = overage(terms.included, used)
    overage_cost = amount(beyond, terms.overage_unit_price)
    fee = amount(1, terms.monthly_fee)
    lines = []
    if fee:
        lines.append(Line(kind=LineKind.FEE, quantity=1, unit_price=terms.monthly_fee, amount=fee))
    if beyond:
        price = terms.overage_unit_price
        lines.append(Line(kind=LineKind.OVERAGE, quantity=beyond, unit_price=price, amount=overage_cost))
    return RatedPeriod(lines=tuple(lines), overage=beyond, fee=fee, overage_cost=overage_cost)
