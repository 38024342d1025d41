"""Queue the invoicing of every customer that has something to be invoiced."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.models import Invoice
from billing.queries.claims import customers_with_claims
from billing.queries.credits import reversed_after_invoicing
from kernel.actor import Actor
from kernel.jobs import enqueue


@transaction.atomic
def queue_invoices(*, actor: Actor, now: datetime) -> int:
    """Queue one job for each customer with unclaimed months, terms or charges of past months, or with a draft that is
    held; returns how many. What an event has missed is found here, and what was held is tried again each hour."""
    actor.require("billing.manage")
    held = Invoice.objects.filter(kind=Invoice.Kind.INVOICE, state=Invoice.State.DRAFT)
    due = {
        *customers_with_claims(now),
        *held.values_list("customer_id", flat=True),
        *(charge.customer_id for charge in reversed_after_invoicing()),
    }
    for customer_id in sorted(due):
        enqueue(
            "billing.invoice_customer",
            now=now,
            key=f"billing.invoice_customer:{customer_id}:{now:%Y-%m-%dT%H}",
            customer_id=customer_id,
        )
    return len(due)
