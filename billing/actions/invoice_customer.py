"""Invoice whatever is due of one customer."""

from __future__ import annotations

import logging
from datetime import datetime

from billing.actions.check_vat_number import check_vat_number
from billing.actions.credit_reversals import credit_reversals
from billing.actions.draft_invoice import draft_invoice
from billing.actions.finalise_invoice import DraftOutdated, InvoiceFinalised, InvoiceHeld, finalise_invoice
from billing.gateways.vies import ViesDown
from billing.models import Invoice
from billing.queries.claims import next_boundary
from kernel.actor import Actor
from kernel.errors import NotFound

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 36  # missed months; the next run goes on


def invoice_customer(*, actor: Actor, customer_id: str, now: datetime) -> int:
    """Draft, check and issue the customer's invoices, one boundary after the other; returns how many were issued.

    Staged: each step commits by itself, and each asks how things stand, so it may run twice, late, in any order, at
    once or be killed anywhere. It stops at an invoice that is held: what comes later waits for it.
    """
    actor.require("billing.manage")
    credit_reversals(actor=actor, customer_id=customer_id, now=now)
    issued = 0
    for _ in range(MOST_AT_ONCE):
        boundary = next_boundary(customer_id, now)
        if boundary is None:
            break
        draft = draft_invoice(actor=actor, customer_id=customer_id, key=boundary.key, until=boundary.until, now=now)
        if draft is None or draft.state == Invoice.State.FINALISED:
            continue
        try:
            _check(actor, customer_id, now)
            finalise_invoice(actor=actor, invoice_id=draft.id, now=now)
        except InvoiceHeld:
            break
        except (DraftOutdated, InvoiceFinalised, NotFound):  # somebody else was here meanwhile: look again
            continue
        issued += 1
    return issued


def _check(actor: Actor, customer_id: str, now: datetime) -> None:
    try:
        check_vat_number(actor=actor, customer_id=customer_id, now=now)
    except ViesDown as outage:  # finalising holds the invoice if it needs an answer that is not there
        logger.warning("VIES: %s", outage.detail)
