"""Why every cent of a line is there: its words, from its kind and facts, in the active language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from billing.models import InvoiceLine, Item
from billing.queries.invoices import LineView
from billing.rules.einvoice import GIGABYTE, MONTH, PIECE, USER
from kernel.money import CURRENCY

Kind = InvoiceLine.Kind


@dataclass(frozen=True, kw_only=True)
class LineWords:
    """`name` says what it is, `sum` how its amount comes about; both in one language. `unit` is BT-130's code."""

    name: str
    sum: str
    unit: str


def words_of(line: LineView) -> LineWords:
    """A line as a customer reads it, in the language of the moment."""
    return LineWords(name=_NAMES.get(line.kind, _of_charge)(line), sum=_sum(line), unit=_UNITS.get(line.kind, PIECE))


def month_of(line: LineView) -> date | None:
    """The month whose usage page shows what a line charges, by its first day; None for lines of no month."""
    return line.from_on.replace(day=1) if line.from_on and line.billing_period_id else None


def money(value: Decimal) -> str:
    """EUR for the reader of the active language; unit prices keep their places beyond two."""
    digits = max(2, -int(value.normalize().as_tuple().exponent))
    shown = value.quantize(Decimal(1).scaleb(-digits))
    return format_currency(shown, CURRENCY, locale=_locale(), currency_digits=False, decimal_quantization=False)


def day_words(on: date) -> str:
    """A calendar day in the active language."""
    return format_date(on, "long", locale=_locale())


def _of_fee(line: LineView) -> str:
    return _("%(plan)s, %(month)s") % {"plan": _plan(line), "month": _month(line)}


def _of_term(line: LineView) -> str:
    if line.from_on is None or line.until_on is None:
        return _("%(plan)s, paid in advance") % {"plan": _plan(line)}
    span = {"plan": _plan(line), "first": day_words(line.from_on), "last": day_words(line.until_on)}
    return _("%(plan)s, paid in advance for %(first)s to %(last)s") % span


def _of_overage(line: LineView) -> str:
    return _("Seals beyond the plan in %(month)s") % {"month": _month(line)}


def _of_users(line: LineView) -> str:
    return _("Users beyond the plan in %(month)s") % {"month": _month(line)}


def _of_storage(line: LineView) -> str:
    return _("Storage beyond the plan in %(month)s, GB") % {"month": _month(line)}


def _of_charge(line: LineView) -> str:
    return line.description or (str(Item(line.item).label) if line.item in Item.values else _("Additional service"))


def _of_credit(line: LineView) -> str:
    taken: dict[str, object] = {"position": line.credited_position or line.position}
    if line.from_on and line.from_on == line.until_on:
        taken |= {"on": day_words(line.from_on)}
        return _("Credit for line %(position)s, %(on)s") % taken
    if line.from_on and line.until_on:
        taken |= {"first": day_words(line.from_on), "last": day_words(line.until_on)}
        return _("Credit for line %(position)s, %(first)s to %(last)s") % taken
    return _("Credit for line %(position)s") % taken


def _of_interest(line: LineView) -> str:
    if line.interest_from is None or line.interest_until is None:
        return _("Late interest on %(number)s") % {"number": line.overdue_number}
    # The first day that counts no more is told as the last that does.
    last = line.interest_until - timedelta(days=1)
    span = {"number": line.overdue_number, "first": day_words(line.interest_from), "last": day_words(last)}
    return _("Late interest on %(number)s, %(first)s to %(last)s") % span


_NAMES: dict[str, Callable[[LineView], str]] = {
    Kind.FEE: _of_fee,
    Kind.TERM_FEE: _of_term,
    Kind.OVERAGE: _of_overage,
    Kind.EXTRA_USER: _of_users,
    Kind.STORAGE_GB: _of_storage,
    Kind.CREDIT: _of_credit,
    Kind.INTEREST: _of_interest,
}
_UNITS: dict[str, str] = {Kind.FEE: MONTH, Kind.TERM_FEE: MONTH, Kind.EXTRA_USER: USER, Kind.STORAGE_GB: GIGABYTE}


def _sum(line: LineView) -> str:
    """The arithmetic, from what was counted to the amount."""
    if line.kind == Kind.INTEREST:
        return _interest_sum(line)
    product = f"{_number(line.quantity)} × {money(line.unit_price)}"
    if line.kind in {Kind.FEE, Kind.TERM_FEE}:
        months = ngettext("%(count)s month", "%(count)s months", line.quantity) % {"count": _number(line.quantity)}
        product = f"{months} × {money(line.unit_price)}"
    if line.used is not None and line.included is not None:
        counted = {"used": _number(line.used), "included": _number(line.included)}
        taken = _("%(used)s used − %(included)s included") % counted  # in a string of its own, or it is not found
        product = f"{taken} = {product}"
    return f"{product} = {money(line.net)}"


def _interest_sum(line: LineView) -> str:
    """By the facts: for each part its `principal` and `days`; without them the amount alone."""
    parts = line.facts.get("parts") or ([line.facts] if "principal" in line.facts and "days" in line.facts else [])
    shown = [
        ngettext("%(principal)s × 0.02 %% × %(days)s day", "%(principal)s × 0.02 %% × %(days)s days", int(part["days"]))
        % {"principal": money(Decimal(part["principal"])), "days": _number(int(part["days"]))}
        for part in parts
    ]
    return " + ".join(shown) + f" = {money(line.net)}" if shown else money(line.net)


def _plan(line: LineView) -> str:
    return line.plan_name or line.plan_code or _("Plan")


def _month(line: LineView) -> str:
    return str(format_skeleton("yMMMM", line.from_on, locale=_locale())) if line.from_on else ""


def _number(count: int) -> str:
    return str(format_decimal(count, locale=_locale()))


def _locale() -> str:
    language = get_language() or "en"
    return "en_GB" if language.startswith("en") else language.replace("-", "_")
