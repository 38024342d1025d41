"""Changes until when a customer may not be told of a disclosure, because an authority lifted or prolonged it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.actor import Actor
from privacy.actions._disclosures import (
    DisclosureOutOfTurn,
    SecondConfirmerNeeded,
    held_disclosure,
    note,
    tell_if_allowed,
)
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import Disclosure
from privacy.rules.disclosures import DisclosureState, may_confirm


def change_secrecy(
    *, actor: Actor, disclosure_id: str, ground: str, silent_until: date | None, now: datetime
) -> Disclosure:
    """The record, silent until the new day; without one the customer is told at once (clause D8).

    Only for a confirmed record whose customer is not told yet, and not by who recorded it. Raises `Forbidden`,
    `NotFound`, `DisclosureOutOfTurn`, `SecondConfirmerNeeded`, and `InvalidInput` for silence without a ground.
    """
    require_staff(actor)
    if silent_until is not None and not ground.strip():
        raise _wrong("secrecy_ground", "required", _("Write which law or order forbids to tell the customer."))
    with transaction.atomic():
        row = held_disclosure(disclosure_id)
        if row.state != DisclosureState.CONFIRMED:
            raise DisclosureOutOfTurn
        if not may_confirm(row.terms, person_id=int(actor.person)):
            raise SecondConfirmerNeeded
        row.silent_until, row.secrecy_ground = silent_until, ground.strip() or row.secrecy_ground
        row.save(update_fields=["silent_until", "secrecy_ground"])
        note(actor, row, "disclosure.secrecy_changed", now=now)
        tell_if_allowed(row, now=now)
    return row
