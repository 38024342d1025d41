"""Let an invoice go that was held because it looked wrong."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.actions.finalise_invoice import locked_draft
from billing.models import Invoice
from billing.rules.vat import Hold
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden, Refusal
from kernel.jobs import enqueue


class NothingToRelease(Refusal):
    """It is not held, or for something that a person cannot decide: VIES, or a party that is not known."""

    code = "nothing_to_release"
    status = 409
    title = _("This draft is not held for anything that a person can decide.")


@transaction.atomic
def release_invoice(*, actor: Actor, invoice_id: str, now: datetime) -> Invoice:
    """Say that what the draft charges is right, and have it issued. Staff only, with a reason; VAT is never released.

    A draft that is made anew with other lines is looked at anew. Raises `Forbidden`, `NotFound`, `InvoiceFinalised`,
    `NothingToRelease`.
    """
    if actor.kind != "staff" or not actor.reason.strip():
        raise Forbidden
    draft = locked_draft(invoice_id)
    if not draft.held_for or draft.held_for in set(Hold):
        raise NothingToRelease
    facts = {"held_for": draft.held_for}
    draft.held_for, draft.held_since, draft.released_by = "", None, actor.name
    draft.save(update_fields=["held_for", "held_since", "released_by"])
    audit.record(
        actor=actor,
        action="invoice.released",
        now=now,
        customer_id=draft.customer_id,
        subject=draft.id,
        details=facts,
    )
    enqueue(
        "billing.invoice_customer",
        now=now,
        key=f"billing.invoice_customer:released:{draft.id}:{now.isoformat()}",
        customer_id=draft.customer_id,
    )
    return draft
