"""Writes down that the supervisory authority was told of a breach."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kernel import outbox
from kernel.actor import Actor
from privacy.actions._breaches import held_breach, note
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import DataBreach
from privacy.rules.breaches import is_late


def note_authority_told(
    *,
    actor: Actor,
    breach_id: str,
    authority: str,
    reference: str,
    told_at: datetime,
    delay_reasons: str,
    now: datetime,
) -> DataBreach:
    """The breach with the moment at which the authority was told (UTC), which stops the clock (GDPR 33 (1)).

    Raises `Forbidden` for anybody but staff, `NotFound`, `BreachClosed`, and `InvalidInput` for a moment before we knew
    or in the future, or later than 72 hours without reasons.
    """
    require_staff(actor)
    with transaction.atomic():
        row = held_breach(breach_id)
        if not row.aware_at <= told_at <= now:
            raise _wrong("told_at", "out_of_order", _("After we knew of the breach, and not in the future."))
        if is_late(row.aware_at, told_at) and not delay_reasons.strip():
            words = _("It was told later than 72 hours after we knew: write why.")
            raise _wrong("delay_reasons", "required", words)
        row.authority, row.authority_reference = authority, reference
        row.authority_told_at, row.delay_reasons = told_at, delay_reasons.strip()
        row.save(update_fields=["authority", "authority_reference", "authority_told_at", "delay_reasons"])
        note(actor, row, "breach.authority_told", now=now, told_at=told_at.isoformat())
        outbox.emit("breach.authority_told", now=now, customer_id=None, subject=row.id)
    return row
