"""A second member of staff confirms or rejects what a colleague wrote into the register."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.actor import Actor
from privacy.actions._disclosures import (
    DisclosureOutOfTurn,
    SecondConfirmerNeeded,
    held_disclosure,
    note,
    tell_if_allowed,
)
from privacy.actions._staff import require_staff
from privacy.models import Disclosure
from privacy.rules.disclosures import DisclosureState, may_confirm


def decide_disclosure(*, actor: Actor, disclosure_id: str, confirmed: bool, now: datetime) -> Disclosure:
    """The record, confirmed or rejected; the customer is told at once where the law allows it (clause D8).

    Raises `Forbidden` for anybody but staff, `NotFound`, `DisclosureOutOfTurn`, and `SecondConfirmerNeeded` for who
    recorded it.
    """
    require_staff(actor)
    with transaction.atomic():
        row = held_disclosure(disclosure_id)
        if row.state != DisclosureState.RECORDED:
            raise DisclosureOutOfTurn
        if not may_confirm(row.terms, person_id=int(actor.person)):
            raise SecondConfirmerNeeded
        row.state = (DisclosureState.CONFIRMED if confirmed else DisclosureState.REJECTED).value
        row.decided_by, row.decided_by_name, row.decided_at = int(actor.person), actor.name, now
        row.save(update_fields=["state", "decided_by", "decided_by_name", "decided_at"])
        note(actor, row, "disclosure.confirmed" if confirmed else "disclosure.rejected", now=now)
        tell_if_allowed(row, now=now)
    return row
