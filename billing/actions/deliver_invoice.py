"""Delivers a document: in the portal at once, and by mail to the billing addresses (B9, E8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.actions.give_notice import give_notice
from billing.models import BillingDetails, Invoice, InvoiceMail
from billing.rules.due_dates import due_on
from kernel import audit, jobs, outbox
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import NotFound

Kind = Invoice.Kind


def deliver_invoice(*, actor: Actor, invoice_id: str, now: datetime) -> None:
    """Give notice of it, have it mailed, and set when it was received and is due; nothing when that was done before.

    A notice counts as given on the day it was sent (E8), and with it the document is in the portal: so it is received
    now, and due 30 days after today's legal date (B9), whatever becomes of the mails. Raises `Forbidden`, and
    `NotFound` for what is not finalised or has no files yet.
    """
    actor.require("billing.manage")
    with transaction.atomic():
        invoice = Invoice.objects.finalised().select_for_update(no_key=True).filter(pk=invoice_id).first()
        if invoice is None or not invoice.files.exists():
            raise NotFound
        if invoice.received_at is not None:
            return
        credit = invoice.kind == Kind.CREDIT_NOTE
        invoice.received_at, invoice.due_on = now, None if credit else due_on(now, legal_zone())
        invoice.save(update_fields=["received_at", "due_on"])
        _queue_mails(invoice, now)
        due = invoice.due_on.isoformat() if invoice.due_on else None
        told = {"number": invoice.number, "kind": invoice.kind, "due_on": due}
        audit.record(
            actor=actor,
            action="invoice.delivered",
            now=now,
            customer_id=invoice.customer_id,
            subject=invoice.id,
            details=told,
        )
        outbox.emit("invoice.delivered", now=now, customer_id=invoice.customer_id, subject=invoice.id, payload=told)
        give_notice(
            kind="invoice.issued",
            customer_id=invoice.customer_id,
            now=now,
            permission="billing.read",
            facts=_facts(invoice),
            subject=invoice.id,
        )


def _facts(invoice: Invoice) -> dict[str, Any]:
    """What the notice says; a notice has a number of its own."""
    return {
        "document": invoice.number,
        "kind": invoice.kind,
        "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
        "gross": str(invoice.gross),
        "currency": invoice.currency,
        "reference": invoice.reference,
    }


def _queue_mails(invoice: Invoice, now: datetime) -> None:
    """One mail to each billing address; each is tried by itself."""
    row = BillingDetails.objects.filter(pk=invoice.customer_id).first()
    addresses = dict.fromkeys(row.emails if row else ())
    mails = InvoiceMail.objects.bulk_create(
        InvoiceMail(invoice=invoice, email=email, queued_at=now) for email in addresses
    )
    for mail in mails:
        jobs.enqueue("billing.mail_invoice", now=now, key=f"billing.mail_invoice:{mail.id}", payload={"mail": mail.id})
