"""Credit what was taken back after it had been invoiced."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from billing.actions.credit_invoice import credit_invoice
from billing.models import Invoice
from billing.queries.credits import creditable, reversed_after_invoicing
from kernel.actor import Actor


def credit_reversals(*, actor: Actor, customer_id: str, now: datetime) -> int:
    """Issue a credit note for each charge of the customer that was reversed after it was invoiced; returns how many.

    Nothing is ever invoiced below zero: what comes too late for its invoice is credited.
    """
    actor.require("billing.manage")
    charges = reversed_after_invoicing(customer_id)
    for charge in charges:
        line = charge.invoice_lines.filter(invoice__state=Invoice.State.FINALISED).select_related("invoice").get()
        credit_invoice(
            actor=actor,
            invoice_id=line.invoice_id,
            key=f"reversal:{charge.pk}",
            reason=str(_("The order was cancelled")),
            amounts={line.position: creditable(line.invoice)[line.position]},
            now=now,
        )
    return len(charges)
