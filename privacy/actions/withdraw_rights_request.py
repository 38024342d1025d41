"""Withdraws a request, for whoever made it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.actor import Actor
from privacy.actions._rights import held_request, move, tell
from privacy.models import RightsRequest
from privacy.rules.rights import RequestState


def withdraw_rights_request(*, actor: Actor, request_id: str, now: datetime) -> RightsRequest:
    """The request, withdrawn for good; what was passed on to customers stays with them (D1).

    The door has seen the secret or the sign-in of its maker. Raises `NotFound`, and `RightsStepNotPossible` when it is
    closed.
    """
    with transaction.atomic():
        row = held_request(request_id)
        row.link_hash = ""
        move(actor, row, RequestState.WITHDRAWN, now=now)
        tell(row, "withdrawn", now=now)
    return row
