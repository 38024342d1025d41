"""What the steps of a data breach have in common."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from privacy.models import DataBreach


class BreachClosed(Refusal):
    """What is closed stays as it was told to the authority."""

    code = "breach_closed"
    status = 409
    title = _("This breach is closed. Record another if something new was found.")


def held_breach(breach_id: str) -> DataBreach:
    """The open breach, locked until the caller's transaction ends. Raises `NotFound` and `BreachClosed`."""
    row = DataBreach.objects.select_for_update().filter(id=breach_id).first()
    if row is None:
        raise NotFound
    if row.closed_at is not None:
        raise BreachClosed
    return row


def note(actor: Actor, row: DataBreach, action: str, *, now: datetime, **facts: object) -> None:
    """An entry in the operator's own trail, in the caller's transaction."""
    audit.record(actor=actor, action=action, now=now, subject=row.id, details={"title": row.title, **facts})
