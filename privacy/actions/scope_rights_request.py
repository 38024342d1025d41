"""Notes which data a request is about."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.actor import Actor
from privacy.actions._rights import held_request, move, tell
from privacy.actions._staff import require_staff
from privacy.models import RightsRequest
from privacy.rules.rights import RequestState


def scope_rights_request(*, actor: Actor, request_id: str, scope: str, now: datetime) -> RightsRequest:
    """The request with its `scope`: which data, and who is responsible for them; the requester reads it (D9).

    Raises `Forbidden` for anybody but staff, `NotFound`, `RightsStepNotPossible`.
    """
    require_staff(actor)
    with transaction.atomic():
        row = held_request(request_id)
        row.scope = scope
        move(actor, row, RequestState.SCOPED, now=now)
        tell(row, "moved", now=now)
    return row
