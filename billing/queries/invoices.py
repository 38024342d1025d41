"""Invoices as people read them: documents with their lines, and what would be invoiced now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet, Sum

from billing.models import BillingPeriod, Invoice, InvoiceLine, Posting, VatEvidence
from billing.queries.claims import claimable_lines, lines_of_period
from billing.queries.levels import highest_levels
from billing.queries.vat import vat_of
from billing.rules.invoicing import NewLine, totals
from billing.rules.vat import VatDecision
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound
from kernel.money import ZERO


@dataclass(frozen=True, kw_only=True)
class LineView:
    """A line of a document; `net` and `unit_price` in EUR without VAT. What its words need is in typed fields.

    `kind` and `meter` are those of `InvoiceLine`. A month or term is [`from_on`, `until_on`], both included. `used` and
    `included` count what the meter counts; `item` and `description` are those of a charge. `billing_period_id`,
    `term_id` and `charge_id` lead to the rows behind it; of a credit `credited_position` is the line it takes back, of
    interest `overdue_number` is the late invoice.
    """

    position: int
    kind: str
    meter: str
    quantity: int
    unit_price: Decimal
    net: Decimal
    from_on: date | None
    until_on: date | None
    plan_code: str
    plan_name: str
    used: int | None
    included: int | None
    item: str
    description: str
    billing_period_id: int | None
    term_id: int | None
    charge_id: str | None
    credited_position: int | None
    credited_kind: str
    overdue_number: str
    interest_from: date | None
    interest_until: date | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class InvoiceView:
    """A finalised document with its lines; amounts in EUR. `seller` and `buyer` are as of the day of issue.

    `vat_reason` says why it carries no VAT (`billing.rules.vat.Reason`), `consultation_number` is VIES' proof of it.
    `credited_number` is what a credit note credits, `credit_numbers` the credit notes over an invoice.
    """

    id: str
    customer_id: str
    kind: str
    number: str
    reference: str
    issued_on: date
    supplied_from: date | None
    supplied_until: date | None
    received_at: datetime | None
    due_on: date | None
    language: str
    currency: str
    seller: Mapping[str, Any]
    buyer: Mapping[str, Any]
    vat_category: str
    vat_rate: Decimal
    vat_reason: str
    consultation_number: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    reason: str
    credited_number: str
    credited_issued_on: date | None
    credit_numbers: tuple[str, ...]
    lines: tuple[LineView, ...]


def invoices_of(actor: Actor) -> list[InvoiceView]:
    """The documents of the actor's customer, newest first. Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    found = _documents().filter(customer_id=actor.customer).order_by("-issued_on", "-finalised_at")
    return [_view(invoice) for invoice in found]


def invoice_of(actor: Actor, number: str) -> InvoiceView:
    """One document of the actor's customer by its number. Raises `Forbidden`, and `NotFound` for a stranger's."""
    actor.require("billing.read")
    invoice = _documents().filter(customer_id=actor.customer, number=number).first()
    if invoice is None:
        raise NotFound
    return _view(invoice)


def document(invoice_id: str) -> InvoiceView:
    """A finalised document of any customer, for who makes files of it and sends it. Raises `NotFound`."""
    invoice = _documents().filter(pk=invoice_id).first()
    if invoice is None:
        raise NotFound
    return _view(invoice)


def held_invoices() -> int:
    """How many drafts are held and wait for VIES, for particulars or for a person."""
    return Invoice.objects.filter(state=Invoice.State.DRAFT).exclude(held_for="").count()


def bookings_of(invoice_id: str) -> list[Posting]:
    """How a document was booked, for staff; none for a draft."""
    entry = {"entry__kind": "issued", "entry__document_type": "invoice", "entry__document_id": invoice_id}
    return list(Posting.objects.filter(**entry).order_by("pk"))


def vat_evidence_of(invoice: Invoice) -> VatEvidence | None:
    """The answer of VIES behind a document; for a draft, the newest about its customer. None where there is none."""
    if invoice.state == Invoice.State.FINALISED:
        return invoice.vat_evidence
    return VatEvidence.objects.filter(customer_id=invoice.customer_id).order_by("-checked_at").first()


def _documents() -> QuerySet[Invoice]:
    lines = InvoiceLine.objects.select_related("credited_line", "overdue_invoice").order_by("position")
    return (
        Invoice.objects.finalised()
        .select_related("credits", "vat_evidence")
        .prefetch_related(Prefetch("lines", queryset=lines), "credit_notes")
    )


def _view(invoice: Invoice) -> InvoiceView:
    credited, evidence = invoice.credits, invoice.vat_evidence
    notes = [note.number for note in invoice.credit_notes.all() if note.number]
    return InvoiceView(
        id=invoice.pk,
        customer_id=invoice.customer_id,
        kind=invoice.kind,
        number=str(invoice.number),
        reference=invoice.reference,
        issued_on=invoice.issued_on,  # type: ignore[arg-type]  # a finalised one has it
        supplied_from=invoice.supplied_from,
        supplied_until=invoice.supplied_until,
        received_at=invoice.received_at,
        due_on=invoice.due_on,
        language=invoice.language,
        currency=invoice.currency,
        seller=invoice.seller,
        buyer=invoice.buyer,
        vat_category=invoice.vat_category,
        vat_rate=invoice.vat_rate or ZERO,
        vat_reason=invoice.vat_reason,
        consultation_number=evidence.consultation_number if evidence else "",
        net=Decimal(invoice.net),
        vat=Decimal(invoice.vat),
        gross=Decimal(invoice.gross),
        reason=invoice.reason,
        credited_number=str(credited.number) if credited else "",
        credited_issued_on=credited.issued_on if credited else None,
        credit_numbers=tuple(sorted(notes)),
        lines=tuple(line_view(line) for line in invoice.lines.all()),
    )


def line_view(line: InvoiceLine) -> LineView:
    """A stored line as it is read."""
    credited, facts = line.credited_line, line.facts
    return LineView(
        position=line.position,
        kind=line.kind,
        meter=line.meter,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net=line.net,
        from_on=_day(facts.get("from_on")),
        until_on=_day(facts.get("until_on")),
        plan_code=facts.get("plan_code", ""),
        plan_name=facts.get("plan_name", ""),
        used=facts.get("used"),
        included=facts.get("included"),
        item=facts.get("item", ""),
        description=facts.get("description", ""),
        billing_period_id=line.billing_period_id,
        term_id=line.term_id,
        charge_id=line.charge_id,
        credited_position=credited.position if credited else None,
        credited_kind=credited.kind if credited else "",
        overdue_number=str(line.overdue_invoice.number) if line.overdue_invoice else "",
        interest_from=line.interest_from,
        interest_until=line.interest_until,
        facts=facts,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an invoice over everything up to a moment would say; amounts in EUR. `vat` and `gross` are None while the
    VAT is not known; then `held_for` says why."""

    lines: tuple[LineView, ...]
    net: Decimal
    vat_category: str
    vat_rate: Decimal | None
    vat_reason: str
    vat: Decimal | None
    gross: Decimal | None
    held_for: str


def invoice_preview(customer_id: str, now: datetime) -> Preview:
    """What the customer would be invoiced if its month ended at `now`: all that is due, and the open month so far."""
    lines = [*_open_months(customer_id, now), *claimable_lines(customer_id, now + timedelta(microseconds=1))]
    months = [line for line in lines if line.kind != "charge"]
    charges = [line for line in lines if line.kind == "charge"]
    views = tuple(
        line_view(InvoiceLine(position=place, **_columns(line)))
        for place, line in enumerate([*months, *charges], start=1)
    )
    nets, vat = [line.net for line in lines], vat_of(customer_id, now=now)
    if not isinstance(vat, VatDecision):
        return Preview(
            lines=views,
            net=sum(nets, ZERO),
            vat_category="",
            vat_rate=None,
            vat_reason="",
            vat=None,
            gross=None,
            held_for=vat.value,
        )
    sums = totals(nets, vat.rate)
    return Preview(
        lines=views,
        net=sums.net,
        vat_category=vat.category,
        vat_rate=vat.rate,
        vat_reason=vat.reason,
        vat=sums.vat,
        gross=sums.gross,
        held_for="",
    )


def _open_months(customer_id: str, now: datetime) -> list[NewLine]:
    found = BillingPeriod.objects.filter(customer_id=customer_id, state=BillingPeriod.State.OPEN, starts_at__lte=now)
    found = found.select_related("plan_version__plan", "special_terms", "subscription").order_by("starts_at")
    lines: list[NewLine] = []
    for period in found:
        counted = dict(period.events.order_by().values_list("meter").annotate(total=Sum("quantity")))
        counted |= highest_levels(customer_id=customer_id, span=period.span, zone=period.subscription.zone)
        lines += lines_of_period(period, legal_zone(), counted)
    return lines


def _columns(line: NewLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "meter": line.meter,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "net": line.net,
        "facts": dict(line.facts),
        **line.sources,
    }
