"""Invoices as the portal and the API show them: how each stands, what settled it, and in which formats it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from billing.models import Allocation, Invoice, InvoiceFile
from billing.queries import plan_in_force
from billing.queries.einvoices import vat_words
from billing.queries.how_to_pay import HowToPay, how_to_pay
from billing.queries.invoice_files import file_formats
from billing.queries.invoices import InvoiceView, LineView, Preview, invoice_of, invoice_preview
from billing.queries.line_words import LineWords, month_of, words_of
from billing.queries.receivables import Receivable, credit_of, receivable, receivables
from billing.rules.invoicing import next_until
from billing.rules.periods import Interval
from kernel.actor import Actor
from kernel.clock import legal_date, legal_zone
from kernel.money import ZERO

Kind = Invoice.Kind


class State(StrEnum):
    """How a document stands; derived, never stored."""

    SENDING = "sending"
    DUE = "due"
    OVERDUE = "overdue"
    PAID = "paid"
    CREDIT = "credit"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A document in a list; amounts in EUR with VAT. `open` is what is left to pay, `paid_on` the value date of the
    last payment. `has_pdf`: whether it can be fetched yet."""

    number: str
    kind: str
    state: State
    issued_on: date
    due_on: date | None
    paid_on: date | None
    net: Decimal
    vat: Decimal
    gross: Decimal
    open: Decimal
    has_pdf: bool


@dataclass(frozen=True, kw_only=True)
class Invoices:
    """All documents of a customer, newest first, and what they come to: EUR with VAT."""

    rows: Sequence[Standing]
    open: Decimal
    overdue: Decimal
    credit: Decimal


@dataclass(frozen=True, kw_only=True)
class ShownLine:
    """A line with its words; `month` is that of the usage page which shows what is behind it."""

    line: LineView
    words: LineWords
    month: date | None


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A part of a payment or credit note that settled a document; negative when it was undone."""

    value_on: date
    amount: Decimal
    credit_note: str
    method: str


@dataclass(frozen=True, kw_only=True)
class InvoicePage:
    """One document with everything that explains it. `pay` is None when nothing is to be paid; the first late day is
    `late_from`."""

    invoice: InvoiceView
    standing: Standing
    lines: Sequence[ShownLine]
    settled: Sequence[Settled]
    formats: Sequence[str]
    vat_words: str
    pay: HowToPay | None
    late_from: date | None

    @property
    def is_credited_whole(self) -> bool:
        """Whether credit notes alone settled it: then nobody paid anything."""
        return bool(self.settled) and all(part.credit_note for part in self.settled)


@dataclass(frozen=True, kw_only=True)
class NextInvoice:
    """The invoice in preparation: its `lines` worded, its sums in `preview`, and from which legal day it is made.

    `fee_is_prepaid`: the plan's fee is on another invoice, because the term was paid in advance.
    """

    preview: Preview
    lines: Sequence[ShownLine]
    made_from: date
    fee_is_prepaid: bool


def next_invoice_seen_by(actor: Actor, *, now: datetime) -> NextInvoice:
    """What the actor's customer would be invoiced if the month ended at `now`.

    Raises `Forbidden` without `billing.read`.
    """
    actor.require("billing.read")
    customer_id, zone = str(actor.customer), legal_zone()
    preview = invoice_preview(customer_id, now)
    plan = plan_in_force(customer_id=customer_id, now=now)
    return NextInvoice(
        preview=preview,
        lines=_shown(preview.lines),
        made_from=legal_date(next_until(legal_date(now), zone)),
        fee_is_prepaid=plan is not None and plan.interval != Interval.MONTH,
    )


def invoices_seen_by(actor: Actor, *, on: date) -> Invoices:
    """The documents of the actor's customer as of the legal date `on`. Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    customer_id = str(actor.customer)
    owed = {each.invoice_id: each for each in receivables(customer_id=customer_id)}
    found = Invoice.objects.finalised().filter(customer_id=customer_id).order_by("-issued_on", "-finalised_at")
    filed = set(
        InvoiceFile.objects.filter(invoice__customer_id=customer_id, format="pdf").values_list("invoice_id", flat=True)
    )
    open_ones = [each for each in owed.values() if each.open]
    return Invoices(
        rows=[_standing(invoice, owed.get(invoice.pk), on, filed=invoice.pk in filed) for invoice in found],
        open=sum((each.open for each in open_ones), ZERO),
        overdue=sum((each.open for each in open_ones if each.is_overdue(on)), ZERO),
        credit=credit_of(customer_id),
    )


def invoice_seen_by(actor: Actor, *, number: str, on: date) -> InvoicePage:
    """One document as of the legal date `on`. Raises `Forbidden`, and `NotFound` for a stranger's."""
    view = invoice_of(actor, number)
    owed, formats = receivable(view.id), file_formats(view.id)
    row = Invoice.objects.get(pk=view.id)
    payable = owed is not None and owed.open > 0
    return InvoicePage(
        invoice=view,
        standing=_standing(row, owed, on, filed="pdf" in formats),
        lines=_shown(view.lines),
        settled=_settled(view.id),
        formats=formats,
        vat_words=vat_words(view),
        pay=how_to_pay(owed, reference=view.reference, on=on) if payable and owed else None,
        late_from=view.due_on + timedelta(days=1) if view.due_on else None,
    )


def _shown(lines: Sequence[LineView]) -> list[ShownLine]:
    return [ShownLine(line=line, words=words_of(line), month=month_of(line)) for line in lines]


def _standing(invoice: Invoice, owed: Receivable | None, on: date, *, filed: bool) -> Standing:
    return Standing(
        number=str(invoice.number),
        kind=invoice.kind,
        state=_state(invoice, owed, on),
        issued_on=invoice.issued_on,  # type: ignore[arg-type]  # a finalised one has it
        due_on=invoice.due_on,
        paid_on=owed.settled_on if owed else None,
        net=Decimal(invoice.net),
        vat=Decimal(invoice.vat),
        gross=Decimal(invoice.gross),
        open=owed.open if owed else ZERO,
        has_pdf=filed,
    )


def _state(invoice: Invoice, owed: Receivable | None, on: date) -> State:
    if invoice.kind == Kind.CREDIT_NOTE or owed is None:
        return State.CREDIT
    if not owed.open:
        return State.PAID
    if owed.due_on is None:
        return State.SENDING
    return State.OVERDUE if owed.is_overdue(on) else State.DUE


def _settled(invoice_id: str) -> list[Settled]:
    rows = Allocation.objects.filter(invoice_id=invoice_id).select_related("payment", "credit_note").order_by("id")
    return [
        Settled(
            value_on=row.value_on,
            amount=row.amount,
            credit_note=str(row.credit_note.number) if row.credit_note else "",
            method=row.payment.get_method_display() if row.payment else "",
        )
        for row in rows
    ]
