"""What a billing period costs: fee + max(0, used - included) x overage price (B1, B7, B17)."""

from dataclasses import dataclass, fields, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

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


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a rated period: `quantity` x `unit_price`, rounded once into `amount` (EUR without VAT)."""

    kind: LineKind
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class RatedPeriod:
    """The lines of one month and the figures that every door shows; `overage_cost` is for transactions alone."""

    lines: tuple[Line, ...]
    overage: int
    fee: Decimal
    overage_cost: Decimal

    @property
    def cost(self) -> Decimal:
        """Sum of the lines, EUR without VAT."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))


def with_special_terms(terms: Terms, special: SpecialTerms | None) -> Terms:
    """The terms that hold for a customer: what was signed overrides the plan, field by field (B17)."""
    if special is None:
        return terms
    return replace(terms, **_agreed(special))


def agreed_terms(terms: Terms | None, special: SpecialTerms | None) -> Terms | None:
    """`with_special_terms`, also for a plan without prices of its own (None): those then come from what was signed.

    None if what was signed leaves fee, included transactions or the price of one more open: nothing can be charged by
    it (B1, B17).
    """
    if terms is not None:
        return with_special_terms(terms, special)
    if special is None or special.monthly_fee is None or special.included is None or special.overage_unit_price is None:
        return None
    return Terms(**_agreed(special))


def _agreed(special: SpecialTerms) -> dict[str, Any]:
    values = {field.name: getattr(special, field.name) for field in fields(special)}
    return {name: value for name, value in values.items() if value is not None}


def amount(quantity: int, unit_price: Decimal) -> Decimal:
    """`quantity` x `unit_price` in EUR, rounded half-up once for the whole line and never per event."""
    return (quantity * unit_price).quantize(CENT, rounding=ROUND_HALF_UP)


def overage(included: int, used: int) -> int:
    """How many transactions exceed the plan (B7)."""
    return max(0, used - included)


def rate(terms: Terms, used: int, users: int = 0, storage_gb: int = 0) -> RatedPeriod:
    """Rate one month in which `used` transactions were delivered, with so many `users` and `storage_gb` at the most.

    The fee is due whatever was used; only what exceeds the plan costs more (B1, B7). Users and storage cost where the
    terms say how many are included and what one more costs. A line exists for what is charged only: none for a fee of
    zero. A negative `used` (more reversals than seals, after corrections of an earlier month) costs the fee and no
    less.
    """
    beyond = overage(terms.included, used)
    lines = (
        _line(LineKind.FEE, 1 if terms.monthly_fee else 0, terms.monthly_fee),
        _line(LineKind.OVERAGE, beyond, terms.overage_unit_price),
        _line(LineKind.EXTRA_USER, _beyond(terms.included_users, users), terms.extra_user_price),
        _line(LineKind.STORAGE_GB, _beyond(terms.included_storage_gb, storage_gb), terms.storage_gb_price),
    )
    return RatedPeriod(
        lines=tuple(line for line in lines if line is not None),
        overage=beyond,
        fee=amount(1, terms.monthly_fee),
        overage_cost=amount(beyond, terms.overage_unit_price),
    )


def _beyond(included: int | None, level: int) -> int:
    return 0 if included is None else overage(included, level)


def _line(kind: LineKind, quantity: int, unit_price: Decimal | None) -> Line | None:
    if not quantity or unit_price is None:
        return None
    return Line(kind=kind, quantity=quantity, unit_price=unit_price, amount=amount(quantity, unit_price))
