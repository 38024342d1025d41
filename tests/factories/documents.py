"""Finalised documents with seller, buyer and lines of every kind, as invoicing makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction

from accounts.models import Customer
from billing.actions._documents import finalise
from billing.actions.close_period import close_period
from billing.actions.record_usage import record_usage
from billing.actions.start_subscription import AlreadySubscribed, start_subscription
from billing.models import BillingDetails, BillingPeriod, Charge, Invoice, InvoiceLine
from billing.rules.vat import VatDecision
from kernel.actor import Actor
from kernel.ids import new_id

SYSTEM = Actor.system("tests")
STANDARD = VatDecision(category="S", rate=Decimal("21.00"))
REVERSE_CHARGE = VatDecision(category="AE", rate=Decimal("0.00"), reason="reverse_charge")
OUTSIDE_EU = VatDecision(category="O", rate=Decimal("0.00"), reason="outside_eu")
_COLUMNS = {"billing_period", "charge", "overdue_invoice", "interest_from", "interest_until"}
CENT = Decimal("0.01")
BUYER = {"street": "Gedimino pr. 1", "postcode": "01103", "city": "Vilnius", "register_number": "123033512"}
MONTH = {"from_on": "2026-11-01", "until_on": "2026-11-30", "plan_code": "1", "plan_name": "Plan 1"}


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
    """Fee and overage of plan 1 for the customer's first billing period, used so and closed; told as November 2026."""
    with suppress(AlreadySubscribed):
        start_subscription(actor=SYSTEM, customer_id=customer_id, plan_code="1", interval="month", now=now)
    period = BillingPeriod.objects.filter(customer_id=customer_id).earliest("starts_at")
    with transaction.atomic():
        record_usage(
            customer_id=customer_id,
            source_type="tests",
            source_id=new_id("tst"),
            occurred_at=max(now, period.starts_at),
            now=now,
            quantity=used,
        )
    close_period(actor=SYSTEM, period_id=period.pk, now=period.ends_at)
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
    vat: VatDecision = STANDARD,
    language: str = "",
    buyer: Mapping[str, Any] | None = None,
) -> Invoice:
    """A finalised and booked document over these lines that has no files yet and was not delivered.

    `language` and `buyer` are first made the customer's own, which it keeps.
    """
    Customer.objects.filter(pk=customer_id).update(**{**BUYER, **(buyer or {})})
    if language:
        BillingDetails.objects.update_or_create(
            customer_id=customer_id, defaults={"language": language, "changed_at": now}
        )
    draft = Invoice.objects.create(
        customer_id=customer_id, kind=kind, run_key=new_id("run"), drafted_at=now, currency="EUR"
    )
    for position, told in enumerate(lines, start=1):
        facts = {name: value for name, value in told["facts"].items() if name != "meter"}
        InvoiceLine.objects.create(
            **{**told, "invoice": draft, "position": position, "facts": facts, "meter": told["facts"].get("meter", "")}
        )
    with transaction.atomic():
        return finalise(actor=SYSTEM, invoice=draft, vat=vat, now=now)
