"""Throw a draft away; it is made anew with what is owed then."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.actions.finalise_invoice import locked_draft
from billing.models import BillingRun
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden


@transaction.atomic
def discard_draft(*, actor: Actor, invoice_id: str, now: datetime) -> None:
    """Delete a draft and its lines, which are claimable again. Staff only.

    The next run makes a new one: to charge less, take the charge back first. Raises `Forbidden`, `NotFound`,
    `InvoiceFinalised`.
    """
    if actor.kind != "staff" or not actor.reason.strip():
        raise Forbidden
    draft = locked_draft(invoice_id)
    facts = {"run": draft.run_key}
    waiting = BillingRun.objects.filter(
        customer_id=draft.customer_id, key=draft.run_key, state=BillingRun.State.WAITING
    )
    waiting.delete()
    audit.record(
        actor=actor,
        action="invoice.discarded",
        now=now,
        customer_id=draft.customer_id,
        subject=draft.id,
        details=facts,
    )
    draft.delete()
