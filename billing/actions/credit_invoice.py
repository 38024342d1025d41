"""Take back an invoice, or a part of it, with a credit note."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._allocation import allocate, open_amount
from billing.actions._documents import finalise, lock_documents
from billing.actions._receipts import hold_money_of
from billing.models import Invoice, InvoiceLine
from billing.queries.credits import creditable, unearned
from billing.rules.vat import VatDecision
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.money import CURRENCY, ZERO

Kind = InvoiceLine.Kind


class NotCreditable(Refusal):
    """Only what was demanded can be credited: an issued invoice or interest note."""

    code = "not_creditable"
    status = 409
    title = _("Only an issued invoice can be credited.")


class NothingToCredit(Refusal):
    code = "nothing_to_credit"
    status = 409
    title = _("All of this invoice is credited already.")


class CreditExceedsInvoice(Refusal):
    """No credit note takes back more than the line demands, or nothing of it."""

    code = "credit_exceeds_invoice"
    title = _("A line can be credited up to what is left of it, and by more than nothing.")


def credit_invoice(
    *,
    actor: Actor,
    invoice_id: str,
    key: str,
    reason: str,
    now: datetime,
    amounts: Mapping[int, Decimal] | None = None,
    dated: tuple[date, date] | None = None,
) -> Invoice:
    """Issue a credit note (381) over what is left of an invoice, or over `amounts` (EUR without VAT by line position).

    `key` names this credit once for the customer: again, the same note is returned. `reason` stands on it; `dated` is
    the first and last day of what is credited, if that is a part of the line's. It settles the invoice as far as that
    is open; the rest is the customer's credit. For staff and the system. Raises `Forbidden`, `NotFound`,
    `NotCreditable`, `NothingToCredit`, `CreditExceedsInvoice`.
    """
    if actor.kind not in {"staff", "system"} or not reason.strip():
        raise Forbidden
    with transaction.atomic():
        invoice = _locked(invoice_id)
        earlier = Invoice.objects.filter(customer_id=invoice.customer_id, kind="credit_note", run_key=key).first()
        if earlier is not None:
            return earlier
        note = _write(invoice, key, reason, _chosen(invoice, amounts), dated, now)
        vat = VatDecision(
            category=invoice.vat_category,
            rate=invoice.vat_rate or ZERO,
            reason=invoice.vat_reason,
            evidence_id=invoice.vat_evidence_id,
        )
        finalise(actor=actor, invoice=note, vat=vat, now=now)
        _settle(actor, invoice, note, now)
        facts = {
            "number": note.number,
            "credited": invoice.number,
            "gross": str(note.gross),
            "currency": CURRENCY,
            "reason": reason,
        }
        audit.record(
            actor=actor,
            action="invoice.credited",
            now=now,
            customer_id=invoice.customer_id,
            subject=invoice.id,
            details=facts,
        )
    return note


def _locked(invoice_id: str) -> Invoice:
    customer_id = Invoice.objects.filter(pk=invoice_id).values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise NotFound
    lock_documents(customer_id)
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.state != Invoice.State.FINALISED or invoice.kind == Invoice.Kind.CREDIT_NOTE:
        raise NotCreditable
    return invoice


def _chosen(invoice: Invoice, amounts: Mapping[int, Decimal] | None) -> Mapping[int, Decimal]:
    left = creditable(invoice)
    if not left:
        raise NothingToCredit
    chosen = left if amounts is None else amounts
    if not chosen or any(value <= 0 or value > left.get(place, ZERO) for place, value in chosen.items()):
        raise CreditExceedsInvoice
    return chosen


def _write(
    invoice: Invoice,
    key: str,
    reason: str,
    chosen: Mapping[int, Decimal],
    dated: tuple[date, date] | None,
    now: datetime,
) -> Invoice:
    note = Invoice.objects.create(
        customer_id=invoice.customer_id,
        kind=Invoice.Kind.CREDIT_NOTE,
        run_key=key,
        drafted_at=now,
        currency=invoice.currency,
        credits=invoice,
        reason=reason[:300],
    )
    lines = invoice.lines.filter(position__in=chosen).order_by("position")
    InvoiceLine.objects.bulk_create(
        InvoiceLine(invoice=note, position=place, **_credit(line, chosen[line.position], dated))
        for place, line in enumerate(lines, start=1)
    )
    return note


def _credit(line: InvoiceLine, value: Decimal, dated: tuple[date, date] | None) -> dict[str, Any]:
    """Of a whole line the quantity and price as they were; of a part of it one of that amount."""
    whole = value == line.net
    facts = dict(line.facts) | {"of_kind": line.kind}
    if dated is not None:
        facts |= {"from_on": dated[0].isoformat(), "until_on": dated[1].isoformat()}
    if line.kind == Kind.TERM_FEE:
        facts["deferred"] = str(min(value, unearned(line)))
    return {
        "kind": Kind.CREDIT,
        "meter": line.meter,
        "credited_line": line,
        "quantity": line.quantity if whole else 1,
        "unit_price": line.unit_price if whole else value,
        "net": value,
        "facts": facts,
    }


def _settle(actor: Actor, invoice: Invoice, note: Invoice, now: datetime) -> None:
    hold_money_of(invoice.customer_id)
    amount = min(open_amount(invoice), note.gross or ZERO)
    if amount > 0 and note.issued_on is not None:
        allocate(actor=actor, invoice=invoice, source=note, amount=amount, value_on=note.issued_on, now=now)
