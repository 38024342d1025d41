"""Puts late interest on a note: when the late invoice is paid, and after each month's end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.actions._documents import finalise, lock_documents
from billing.models import Invoice, InvoiceLine
from billing.queries.demands import Demanded, demands_of
from billing.queries.dunning import billed_until
from billing.rules.due_dates import late_on
from billing.rules.interest import RATE_PER_DAY, Segment, interest, interest_billable_until, segments
from billing.rules.vat import OUTSIDE_VAT
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.money import CURRENCY

Kind = Invoice.Kind


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Interest of one late invoice for `[starts_on, ends_on)`."""

    late: Demanded
    starts_on: date
    ends_on: date
    segments: tuple[Segment, ...]

    @property
    def amount(self) -> Decimal:
        return interest(self.segments)


@transaction.atomic
def bill_interest(*, actor: Actor, customer_id: str, now: datetime) -> str | None:
    """Issue one note over the late interest of the customer that is due to be billed; its id, or None without any.

    A line for each late invoice, from where its last one ended (B10). What comes to less than half a cent is not
    billed. The note carries no VAT, is due like an invoice and bears no interest itself.
    """
    actor.require("billing.manage")
    lock_documents(customer_id)
    today = legal_date(now)
    _throw_away_drafts(customer_id)
    found = (_billable(each, today) for each in demands_of(customer_id, now=now) if each.demand.can_breach)
    parts = [part for part in found if part.amount > 0]
    if not parts:
        return None
    first = parts[0]
    note = Invoice.objects.create(
        customer_id=customer_id,
        kind=Kind.INTEREST_NOTE,
        run_key=f"interest:{first.late.invoice.pk}:{first.starts_on.isoformat()}",
        drafted_at=now,
        currency=CURRENCY,
    )
    InvoiceLine.objects.bulk_create(_lines(note, parts))
    finalise(actor=actor, invoice=note, vat=OUTSIDE_VAT, now=now)
    return note.pk


def _throw_away_drafts(customer_id: str) -> None:
    """A draft that could not be finalised is made again from what is known now."""
    Invoice.objects.filter(customer_id=customer_id, kind=Kind.INTEREST_NOTE, state=Invoice.State.DRAFT).delete()


def _billable(late: Demanded, today: date) -> _Part:
    demand = late.demand
    starts_on = billed_until(late.invoice.pk) or late_on(demand.due_on)
    ends_on = max(starts_on, interest_billable_until(demand.due_on, demand.settled_on, today))
    parts = segments(demand.gross, demand.settlements, starts_on, ends_on)
    return _Part(late=late, starts_on=starts_on, ends_on=ends_on, segments=parts)


def _lines(note: Invoice, parts: Iterable[_Part]) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            invoice=note,
            position=position,
            kind=InvoiceLine.Kind.INTEREST,
            overdue_invoice=part.late.invoice,
            interest_from=part.starts_on,
            interest_until=part.ends_on,
            quantity=1,
            unit_price=part.amount,
            net=part.amount,
            facts=_facts(part),
        )
        for position, part in enumerate(parts, 1)
    ]


def _facts(part: _Part) -> dict[str, Any]:
    """The arithmetic, for the words of the line: days are given as first and last day, both counted."""
    return {
        "number": part.late.number,
        "due_on": part.late.demand.due_on.isoformat(),
        "rate_per_day": str(RATE_PER_DAY),
        "from_on": part.segments[0].starts_on.isoformat(),
        "until_on": part.segments[-1].last_on.isoformat(),
        "parts": [
            {
                "principal": str(each.principal),
                "from_on": each.starts_on.isoformat(),
                "until_on": each.last_on.isoformat(),
                "days": each.days,
            }
            for each in part.segments
        ],
    }
