"""What stands on a document: its lines, its totals, and how they are booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from billing.rules.periods import day_starts_at, first_of_month, legal_date, months_after
from billing.rules.rating import CENT, Terms, amount, rate

ZERO = Decimal("0.00")
HELD_TOO_LONG = timedelta(days=1)
INVOICED_BY_DAY = 8  # of the next month; the law gives until the 10th (VAT law of Lithuania, Article 79)

_ACCOUNTS: Mapping[str, str] = {
    "fee": "subscription",
    "term_fee": "deferred",
    "overage": "overage",
    "extra_user": "overage",
    "storage_gb": "overage",
    "charge": "services",
    "interest": "interest",
}
_METERS: Mapping[str, str] = {"overage": "seal", "extra_user": "extra_user", "storage_gb": "storage_gb"}
_CERTIFICATE = "certificate_"
_OF_SELLER = ("name", "country", "register_number", "street", "city", "iban")
_OF_BUYER = ("name", "country", "street", "city")


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A line to be: `quantity` x `unit_price` is `net`, EUR without VAT. `sources` are the rows it is charged for, by
    the names of the line's columns; `facts` what its words need, JSON."""

    kind: str
    quantity: int
    unit_price: Decimal
    net: Decimal
    meter: str = ""
    sources: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The sums of a document in EUR; `gross` is `net` + `vat`."""

    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat


def period_lines(
    terms: Terms,
    readings: Mapping[str, int],
    *,
    prepaid: bool,
    sources: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> list[NewLine]:
    """The lines of one closed month, by its readings per meter (B1, B3, B7). The fee is not among them when a term
    has prepaid it; a line that costs nothing is left out."""
    used = {kind: readings.get(meter, 0) for kind, meter in _METERS.items()}
    included = {
        "overage": terms.included,
        "extra_user": terms.included_users,
        "storage_gb": terms.included_storage_gb,
    }
    rated = rate(terms, used["overage"], used["extra_user"], used["storage_gb"])
    return [
        NewLine(
            kind=line.kind.value,
            meter=_METERS.get(line.kind.value, ""),
            quantity=line.quantity,
            unit_price=line.unit_price,
            net=line.amount,
            sources=sources,
            facts={**facts, **_counted(line.kind.value, used, included)},
        )
        for line in rated.lines
        if line.amount and not (prepaid and line.kind.value == "fee")
    ]


def _counted(kind: str, used: Mapping[str, int], included: Mapping[str, int | None]) -> dict[str, int | None]:
    return {"used": used[kind], "included": included[kind]} if kind in used else {}


def term_line(monthly_fee: Decimal, months: int, *, term_id: int, facts: Mapping[str, Any]) -> NewLine | None:
    """The fee of a term that is paid in advance: so many months (B4); None where it costs nothing."""
    if not monthly_fee:
        return None
    return NewLine(
        kind="term_fee",
        quantity=months,
        unit_price=monthly_fee,
        net=amount(months, monthly_fee),
        sources={"term_id": term_id},
        facts={**facts, "months": months},
    )


def charge_line(
    charge_id: str, quantity: int, unit_price: Decimal | None, charged: Decimal, facts: Mapping[str, Any]
) -> NewLine:
    """The line of a single charge; one that has a price for all of it alone is a quantity of one."""
    told = unit_price is not None and amount(quantity, unit_price) == charged
    return NewLine(
        kind="charge",
        quantity=quantity if told else 1,
        unit_price=unit_price if told and unit_price is not None else charged,
        net=charged,
        sources={"charge_id": charge_id},
        facts=facts,
    )


def vat_amount(net: Decimal, rate_percent: Decimal) -> Decimal:
    """The VAT of a whole document, rounded half-up once (EN 16931, BR-CO-17); never per line."""
    return (net * rate_percent / 100).quantize(CENT, rounding=ROUND_HALF_UP)


def totals(nets: Iterable[Decimal], rate_percent: Decimal) -> Totals:
    """The sums of a document: net is the sum of its lines."""
    net = sum(nets, ZERO)
    return Totals(net=net, vat=vat_amount(net, rate_percent))


def credit_totals(nets: Iterable[Decimal], rate_percent: Decimal, *, left: Totals) -> Totals:
    """The sums of a credit note over an invoice of which `left` is not credited yet.

    Who credits the rest credits the rest of the VAT, too, so that credit notes in parts add up to the invoice.
    """
    found = totals(nets, rate_percent)
    if found.net == left.net:
        return left
    return Totals(net=found.net, vat=min(found.vat, left.vat))


def revenue_account(kind: str, item: str = "") -> str:
    """The account of the ledger that a line's amount belongs on."""
    if kind == "charge" and item.startswith(_CERTIFICATE):
        return "certificates"
    return _ACCOUNTS[kind]


def issue_amounts(sums: Totals, accounts: Sequence[tuple[str, Decimal]], *, credit: bool) -> list[tuple[str, Decimal]]:
    """How a document is booked: account and EUR, debits above zero. `accounts` are its lines' accounts and nets.

    An invoice is owed by the customer; a credit note is the customer's credit, and takes revenue and VAT back.
    """
    sign = 1 if credit else -1
    counterpart = ("credit", -sums.gross) if credit else ("receivable", sums.gross)
    by_account: dict[str, Decimal] = {}
    for account, net in accounts:
        by_account[account] = by_account.get(account, ZERO) + sign * net
    return [counterpart, *by_account.items(), ("vat", sign * sums.vat)]


def missing_of_seller(seller: Mapping[str, Any]) -> list[str]:
    """What an invoice must say of the seller and nobody has set; nothing is finalised without it."""
    return [name for name in _OF_SELLER if not str(seller.get(name, "")).strip()]


def missing_of_buyer(buyer: Mapping[str, Any]) -> list[str]:
    """What an invoice must say of the buyer and nobody knows: name and address, and an entity's register number."""
    needed = (*_OF_BUYER, "register_number") if buyer.get("kind") == "legal_entity" else _OF_BUYER
    return [name for name in needed if not str(buyer.get(name, "")).strip()]


def months_of(first: date, end: date) -> int:
    """The whole months of [first, end), both on the same day of a month or the last of a shorter one."""
    return (end.year - first.year) * 12 + end.month - first.month


def next_until(day: date, zone: ZoneInfo, *, months: int = 1) -> datetime:
    """The instant up to which what happened on the legal `day` is invoiced: the end of its calendar month (B3)."""
    return day_starts_at(months_after(first_of_month(day), months), zone)


def run_month(until: datetime, zone: ZoneInfo) -> str:
    """The key of the run that invoices up to `until`, the end of a legal month: `2026-11`."""
    return f"{months_after(legal_date(until, zone), -1):%Y-%m}"


def late_from(until: datetime, zone: ZoneInfo) -> datetime:
    """From when what became due before `until` is late on its invoice: the 8th of the month after."""
    last_day = legal_date(until - timedelta(microseconds=1), zone)
    month = months_after(first_of_month(last_day), 1)
    return day_starts_at(month.replace(day=INVOICED_BY_DAY), zone)


def last_day_of(first: date, months: int) -> date:
    """The last of the days of so many months from `first`."""
    return months_after(first, months) - timedelta(days=1)


def months_over(first: date, today: date, *, most: int) -> int:
    """How many whole months from `first` are over on the legal day `today`; `most` at the most."""
    return min(most, sum(months_after(first, month) <= today for month in range(1, most + 1)))


def to_release(part: Decimal, *, left: Decimal) -> Decimal:
    """What a month that is over takes out of the fees paid in advance: its part, as far as that is not credited."""
    return min(part, left)


def is_alarming(*, held_since: datetime | None, late_from: datetime, now: datetime) -> bool:
    """Whether staff must hear of something that is not invoiced: held for more than a day, or not out by the 8th."""
    return now >= late_from or (held_since is not None and now - held_since > HELD_TOO_LONG)
