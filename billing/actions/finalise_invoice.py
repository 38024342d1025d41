"""Issue a drafted invoice, or hold it back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from billing.actions._documents import finalise
from billing.actions._drafts import is_current, locked_draft
from billing.models import BillingRun, Charge, Invoice, InvoiceLine
from billing.queries.billing_details import buyer_details
from billing.queries.claims import claimable_lines
from billing.queries.parties import seller_details
from billing.queries.vat import vat_of
from billing.rules.breaker import suspicion
from billing.rules.invoicing import missing_of_buyer, missing_of_seller
from billing.rules.vat import Hold, VatDecision
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden, Refusal
from kernel.money import ZERO


class DraftOutdated(Refusal):
    """What it charges for has changed since it was drafted: it is made anew."""

    code = "draft_outdated"
    status = 409
    title = _("What this draft charges for has changed. It is made anew within the hour.")


class InvoiceHeld(Refusal):
    """It stays a draft, and says why."""

    code = "invoice_held"
    status = 409
    title = _("This invoice is held back.")


def finalise_invoice(*, actor: Actor, invoice_id: str, now: datetime) -> Invoice:
    """Give a draft its number, book it and tell of it; or hold it, while its VAT or a party is not known, or it
    charges suspiciously much (B19).

    Raises `Forbidden`, `NotFound`, `InvoiceFinalised`, `DraftOutdated`, and, once it is held, `InvoiceHeld`.
    """
    actor.require("billing.manage")
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    with transaction.atomic():
        draft = locked_draft(invoice_id)
        run = BillingRun.objects.get(customer_id=draft.customer_id, key=draft.run_key)
        _lock_charges(draft)
        if not is_current(draft, claimable_lines(draft.customer_id, run.until)):
            raise DraftOutdated
        vat = _vat_or_hold(draft, now)
        if isinstance(vat, VatDecision):
            issued = finalise(actor=actor, invoice=draft, vat=vat, now=now)
            run.state, run.done_at, run.invoice = BillingRun.State.DONE, now, issued
            run.save(update_fields=["state", "done_at", "invoice"])
            return issued
        _hold(actor, draft, vat, now)
    raise InvoiceHeld(_("This invoice is held back: %(reason)s.") % {"reason": vat})


def _lock_charges(draft: Invoice) -> None:
    """Whoever takes a charge back waits, and then finds it invoiced; or has done so, and the draft is outdated."""
    charges = Charge.objects.filter(pk__in=draft.lines.filter(charge__isnull=False).values("charge"))
    list(charges.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def _vat_or_hold(draft: Invoice, now: datetime) -> VatDecision | str:
    if missing_of_seller(seller_details()):
        return Hold.SELLER.value
    if missing_of_buyer(buyer_details(draft.customer_id)):
        return Hold.BUYER.value
    vat = vat_of(draft.customer_id, now=now)
    if not isinstance(vat, VatDecision):
        return vat.value
    return (None if draft.released_by else _suspicion(draft)) or vat


def _suspicion(draft: Invoice) -> str | None:
    """What the breaker says. Fees paid in advance are agreed beforehand: they are compared with nothing."""
    agreed = Q(lines__kind=InvoiceLine.Kind.TERM_FEE)
    earlier = (
        Invoice.objects.finalised()
        .filter(customer_id=draft.customer_id, kind=Invoice.Kind.INVOICE)
        .annotate(charged=Sum("lines__net", filter=~agreed))
        .order_by("issued_on", "serial")
    )
    lines = [line for line in draft.lines.all() if line.kind != InvoiceLine.Kind.TERM_FEE]
    return suspicion(
        sum((line.net for line in lines), ZERO),
        [Decimal(charged) for charged in earlier.values_list("charged", flat=True) if charged is not None],
        lines=len(lines),
        sources=[(line.kind, f"{line.billing_period_id}:{line.charge_id}") for line in lines],
    )


def _hold(actor: Actor, draft: Invoice, reason: str, now: datetime) -> None:
    if draft.held_for == reason:
        return
    draft.held_for, draft.held_since = reason, draft.held_since or now
    draft.save(update_fields=["held_for", "held_since"])
    audit.record(
        actor=actor,
        action="invoice.held",
        now=now,
        customer_id=draft.customer_id,
        subject=draft.id,
        details={"held_for": reason},
    )
