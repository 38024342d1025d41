"""Charge again, and rightly, what was credited."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, Invoice, Item
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.money import CURRENCY


class CorrectionExists(Refusal):
    """A credit note is followed by one correction at most."""

    code = "correction_exists"
    status = 409
    title = _("A correction of this credit note is charged already.")


class CorrectionNotPositive(Refusal):
    code = "correction_not_positive"
    title = _("A correction charges more than nothing.")


@transaction.atomic
def charge_correction(*, actor: Actor, credit_note_id: str, amount: Decimal, description: str, now: datetime) -> Charge:
    """Charge `amount` (EUR without VAT) in place of what a credit note took back; staff only.

    Raises `Forbidden`, `NotFound`, `CorrectionNotPositive`, `CorrectionExists`.
    """
    if actor.kind != "staff" or not actor.reason.strip():
        raise Forbidden
    note = Invoice.objects.finalised().filter(pk=credit_note_id, kind=Invoice.Kind.CREDIT_NOTE).first()
    if note is None:
        raise NotFound
    if amount <= 0:
        raise CorrectionNotPositive
    charge = Charge(
        customer_id=note.customer_id,
        item=Item.CORRECTION,
        description=description,
        amount=amount,
        currency=CURRENCY,
        source_type="credit_note",
        source_id=note.pk,
        occurred_at=now,
    )
    Charge.objects.bulk_create([charge], ignore_conflicts=True)
    if not Charge.objects.filter(pk=charge.pk).exists():
        raise CorrectionExists
    facts = {"item": Item.CORRECTION.value, "amount": str(amount), "currency": CURRENCY, "source": str(note.number)}
    record(
        actor=actor,
        action="charge.recorded",
        now=now,
        customer_id=note.customer_id,
        subject=charge.pk,
        details=facts,
    )
    return charge
