"""One of staff ends a hold."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from privacy.actions._staff import require_staff
from privacy.models import Hold, Restriction


class HoldReleased(Refusal):
    """A hold ends once."""

    code = "hold_released"
    status = 409
    title = _("This hold was released already.")


class HoldOfRestriction(Refusal):
    """It ends with the restriction, of which its requester is told first (GDPR 18 (3))."""

    code = "hold_of_restriction"
    status = 409
    title = _("This hold belongs to a restriction and ends with it. Announce its end at the request.")


def release_hold(*, actor: Actor, hold_id: str, now: datetime) -> Hold:
    """The hold, released: what it deferred is due again with the next tick, unless another holds it.

    Raises `Forbidden` for anybody but staff, `NotFound`, `HoldReleased`, and `HoldOfRestriction`.
    """
    require_staff(actor)
    with transaction.atomic():
        row = Hold.objects.select_for_update().filter(id=hold_id).first()
        if row is None:
            raise NotFound
        if row.released_at is not None:
            raise HoldReleased
        if Restriction.objects.filter(request__number=row.case, lifted_at=None).exists():
            raise HoldOfRestriction
        row.released_at, row.released_by, row.release_reason = now, actor.name, actor.reason
        row.save(update_fields=["released_at", "released_by", "release_reason"])
        facts = {"covers": row.covers, "case": row.case}
        audit.record(actor=actor, action="hold.released", now=now, subject=row.id, details=facts)
        outbox.emit("hold.released", now=now, customer_id=None, subject=row.id)
    return row
