"""Writes down that the people whose data it is were told of a breach, or why they are not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.actor import Actor
from privacy.actions._breaches import held_breach, note
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import DataBreach


def note_people_told(
    *, actor: Actor, breach_id: str, told_at: datetime | None, reason: str, now: datetime
) -> DataBreach:
    """The breach with when people were told (UTC), or with the reason why they need not be (GDPR 34).

    Raises `Forbidden` for anybody but staff, `NotFound`, `BreachClosed`, and `InvalidInput` for neither of both or for
    a moment before we knew or in the future.
    """
    require_staff(actor)
    if told_at is None and not reason.strip():
        raise _wrong("people_reason", "required", _("Write when people were told, or why they are not."))
    with transaction.atomic():
        row = held_breach(breach_id)
        if told_at is not None and not row.aware_at <= told_at <= now:
            raise _wrong("told_at", "out_of_order", _("After we knew of the breach, and not in the future."))
        row.people_told_at, row.people_reason = told_at, reason.strip()
        row.save(update_fields=["people_told_at", "people_reason"])
        note(actor, row, "breach.people_told", now=now, told_at=told_at.isoformat() if told_at else None)
    return row
