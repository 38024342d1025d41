"""The steps that all documents share: totals, snapshots, number, reference, booking."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from billing.actions._ledger import post
from billing.models import Account, DocumentSeries, Invoice, InvoiceLine
from billing.queries.billing_details import buyer_details
from billing.queries.parties import seller_details
from billing.rules.invoicing import Totals, credit_totals, issue_amounts, revenue_account, totals
from billing.rules.numbers import SERIES, document_number, issue_date, payment_reference
from billing.rules.periods import legal_date
from billing.rules.vat import VatDecision
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.money import ZERO

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('billing.documents:' || %s, 0))"
Kind = Invoice.Kind


def lock_documents(customer_id: str) -> None:
    """Wait for whoever drafts, finalises or credits documents of this customer, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [customer_id])


def finalise(*, actor: Actor, invoice: Invoice, vat: VatDecision, now: datetime) -> Invoice:
    """Make a draft with lines a document for good: totals, copies of seller and buyer, number, booking, event.

    In the caller's transaction, in which it holds the draft's row. The series' row is locked from here to the end of
    the transaction, so that a number is given when the document is there and never otherwise. A credit note copies
    seller and buyer of what it credits.
    """
    lines = list(invoice.lines.all())
    sums = _totals(invoice, lines, vat)
    _copy(invoice, vat, sums)
    _date_supply(invoice, lines, legal_date(now, legal_zone()))
    _number(invoice, now)
    invoice.state, invoice.finalised_at, invoice.held_for, invoice.held_since = "finalised", now, "", None
    invoice.save()
    accounts = [booking for line in lines for booking in _accounts(line)]
    amounts = issue_amounts(sums, accounts, credit=invoice.kind == Kind.CREDIT_NOTE)
    owed = {Account.RECEIVABLE, Account.CREDIT, Account.DEFERRED}
    post(
        kind="issued",
        document=("invoice", invoice.id),
        amounts=[
            (Account(name), invoice.customer_id if Account(name) in owed else None, value) for name, value in amounts
        ],
        on=invoice.issued_on or legal_date(now, legal_zone()),
        now=now,
    )
    _tell(actor, invoice, now)
    return invoice


def left_to_credit(invoice: Invoice) -> Totals:
    """What of a finalised invoice no credit note has taken back yet."""
    credited = invoice.credit_notes.filter(state=Invoice.State.FINALISED).values_list("net", "vat")
    taken = [(net or ZERO, vat or ZERO) for net, vat in credited]
    return Totals(
        net=(invoice.net or ZERO) - sum((net for net, _ in taken), ZERO),
        vat=(invoice.vat or ZERO) - sum((vat for _, vat in taken), ZERO),
    )


def _totals(invoice: Invoice, lines: list[InvoiceLine], vat: VatDecision) -> Totals:
    nets = [line.net for line in lines]
    if invoice.credits is None:
        return totals(nets, vat.rate)
    return credit_totals(nets, vat.rate, left=left_to_credit(invoice.credits))


def _copy(invoice: Invoice, vat: VatDecision, sums: Totals) -> None:
    credited = invoice.credits
    invoice.seller = credited.seller if credited and credited.seller else seller_details()
    invoice.buyer = credited.buyer if credited and credited.buyer else buyer_details(invoice.customer_id)
    invoice.language = credited.language if credited else invoice.buyer["language"]
    invoice.vat_category, invoice.vat_rate, invoice.vat_reason = vat.category, vat.rate, vat.reason
    invoice.vat_evidence_id = vat.evidence_id  # type: ignore[assignment]  # of a nullable column
    invoice.net, invoice.vat, invoice.gross = sums.net, sums.vat, sums.gross


def _date_supply(invoice: Invoice, lines: list[InvoiceLine], today: date) -> None:
    firsts = [date.fromisoformat(line.facts["from_on"]) for line in lines if "from_on" in line.facts]
    lasts = [date.fromisoformat(line.facts["until_on"]) for line in lines if "until_on" in line.facts]
    invoice.supplied_from = min(firsts, default=today)
    invoice.supplied_until = max(lasts, default=today)


def _number(invoice: Invoice, now: datetime) -> None:
    today = legal_date(now, legal_zone())
    code = SERIES[invoice.kind]
    row = DocumentSeries(code=code, year=today.year)
    DocumentSeries.objects.bulk_create([row], ignore_conflicts=True)  # the first of a year; else the row stays
    series = DocumentSeries.objects.select_for_update().get(code=code, year=today.year)
    earlier = Invoice.objects.filter(series=code, year=today.year, serial=series.last_number)
    series.last_number += 1
    series.save(update_fields=["last_number"])
    invoice.series, invoice.year, invoice.serial = code, today.year, series.last_number
    invoice.number = document_number(code, today.year, series.last_number)
    invoice.issued_on = issue_date(today, earlier.values_list("issued_on", flat=True).first())
    invoice.reference = "" if invoice.kind == Kind.CREDIT_NOTE else payment_reference(invoice.number)


def _accounts(line: InvoiceLine) -> list[tuple[str, Decimal]]:
    """Where a line is booked. Of credited fees paid in advance, what was not yet earned is taken out of those."""
    source = line.credited_line or line
    account = revenue_account(source.kind, source.facts.get("item", ""))
    if line.credited_line is None or account != Account.DEFERRED:
        return [(account, line.net)]
    unearned = Decimal(line.facts.get("deferred", "0.00"))
    return [(account, unearned), (Account.SUBSCRIPTION.value, line.net - unearned)]


def _tell(actor: Actor, invoice: Invoice, now: datetime) -> None:
    customer_id, number = invoice.customer_id, str(invoice.number)
    facts = {"number": number, "kind": invoice.kind, "gross": str(invoice.gross), "currency": invoice.currency}
    audit.record(
        actor=actor,
        action="invoice.finalised",
        now=now,
        customer_id=customer_id,
        subject=invoice.id,
        details=facts,
    )
    told = {"number": number, "kind": invoice.kind}
    outbox.emit("invoice.finalised", now=now, customer_id=customer_id, subject=invoice.id, payload=told)
