"""Starts the work on a request."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.actor import Actor
from privacy.actions._identity import begin
from privacy.actions._rights import held_request
from privacy.actions._staff import require_staff
from privacy.models import RightsRequest


def start_rights_request(*, actor: Actor, request_id: str, now: datetime) -> RightsRequest:
    """The request in progress; a copy, or the erasure of an account, is asked for by an event (D1).

    Raises `Forbidden` for anybody but staff, `NotFound`, `RightsStepNotPossible`.
    """
    require_staff(actor)
    with transaction.atomic():
        row = held_request(request_id)
        begin(actor, row, now=now)
    return row
