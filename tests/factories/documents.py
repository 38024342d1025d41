"""Finalised documents with seller, buyer and lines of every kind, as invoicing makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings

from billing.actions.start_subscription import AlreadySubscribed, start_subscription
from billing.models import BillingPeriod, Charge, DocumentSeries, Invoice, InvoiceLine
from billing.queries.billing_details import buyer_details
from kernel.actor import Actor
from kernel.ids import new_id
from tests.factories.billing import rf_reference

_COLUMNS = {"billing_period", "charge", "credited_line", "overdue_invoice", "interest_from", "interest_until"}
CENT = Decimal("0.01")
BUYER = {"street": "Gedimino pr. 1", "postcode": "01103", "city": "Vilnius", "register_number": "123033512"}
MONTH = {"from_on": "2026-11-01", "until_on": "2026-11-30", "plan_code": "1", "plan_name": "Plan 1"}


def seller() -> dict[str, Any]:
    """The operator as a document keeps it."""
    names = ("name", "register_number", "vat_number", "street", "postcode", "city", "country", "bank", "iban", "bic")
    told = {name: getattr(settings, f"OPERATOR_{name.upper()}") for name in names}
    return {**told, "email": settings.OPERATOR_BILLING_EMAIL}


def line(kind: str, quantity: int, unit_price: str, **told: Any) -> dict[str, Any]:
    """A line to be; `told` are its facts and, by their columns' names, its sources."""
    columns = {name: told.pop(name) for name in [*told] if name in _COLUMNS}
    price = Decimal(unit_price)
    net = (quantity * price).quantize(CENT, rounding=ROUND_HALF_UP)
    return {"kind": kind, "quantity": quantity, "unit_price": price, "net": net, "facts": told, **columns}


def charged(customer_id: str, unit_price: str, *, now: datetime, words: str = "Training") -> dict[str, Any]:
    """A line over a charge of its own."""
    made = line("charge", 1, unit_price, item="add_on", description=words)
    made["charge"] = Charge.objects.create(
        customer_id=customer_id,
        item="add_on",
        description=words,
        amount=max(made["net"], Decimal(0)),
        currency="EUR",
        source_type="tests",
        source_id=new_id("tst"),
        occurred_at=now,
    )
    return made


def month_lines(customer_id: str, *, now: datetime, used: int = 620) -> list[dict[str, Any]]:
    """Fee and overage of plan 1 for the customer's first billing period, told as November 2026."""
    with suppress(AlreadySubscribed):
        start_subscription(
            actor=Actor.system("tests"), customer_id=customer_id, plan_code="1", interval="month", now=now
        )
    period = BillingPeriod.objects.filter(customer_id=customer_id).earliest("starts_at")
    return [
        line("fee", 1, "125.000000", billing_period=period, **MONTH),
        line("overage", used - 500, "0.250000", billing_period=period, meter="seal", used=used, included=500, **MONTH),
    ]


def issued(
    customer_id: str,
    lines: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
    kind: str = "invoice",
    category: str = "S",
    rate: str = "21.00",
    language: str = "en",
    buyer: Mapping[str, Any] | None = None,
    **columns: Any,
) -> Invoice:
    """A finalised document over these lines that has no files yet and was not delivered."""
    on = now.date()
    code = {"invoice": "INV", "credit_note": "CRN", "interest_note": "INT"}[kind]
    made = Invoice.objects.create(
        customer_id=customer_id, kind=kind, run_key=new_id("run"), drafted_at=now, currency="EUR", **columns
    )
    for position, told in enumerate(lines, start=1):
        facts = {name: value for name, value in told["facts"].items() if name != "meter"}
        InvoiceLine.objects.create(
            **{**told, "invoice": made, "position": position, "facts": facts, "meter": told["facts"].get("meter", "")}
        )
    series, _ = DocumentSeries.objects.get_or_create(code=code, year=on.year)
    series.last_number += 1
    series.save()
    made.state, made.series, made.year, made.serial = "finalised", code, on.year, series.last_number
    made.number = f"{code}-{on.year}-{series.last_number:06}"
    made.reference = "" if kind == "credit_note" else rf_reference(made.number)
    made.issued_on, made.finalised_at, made.language = on, now, language
    made.supplied_from, made.supplied_until = date(2026, 11, 1), date(2026, 11, 30)
    made.seller, made.buyer = seller(), {**buyer_details(customer_id), **BUYER, **(buyer or {})}
    made.vat_category, made.vat_rate = category, Decimal(rate)
    made.net = sum((told["net"] for told in lines), Decimal("0.00"))
    made.vat = (made.net * Decimal(rate) / 100).quantize(CENT, rounding=ROUND_HALF_UP)
    made.gross = made.net + made.vat
    made.save()
    return made
