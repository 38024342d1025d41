"""Sends the links that had to wait, because an address gets no more than a few a day."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.actor import Actor
from kernel.jobs import one_by_one
from privacy.actions._rights import is_owed_link, send_link, tell
from privacy.models import RightsRequest
from privacy.rules.rights import RequestState

_SYSTEM = Actor.system("privacy.send_owed_links")


def send_owed_links(*, now: datetime) -> int:
    """How many links went out, those that wait the longest first (D1). Safe to run twice.

    So nobody has to ask again, nor to be told at the form how many links went to their address.
    """
    rows = RightsRequest.objects.filter(state=RequestState.RECEIVED.value).order_by("received_at", "id")
    return one_by_one(lambda request_id: _send(request_id, now), rows.values_list("id", flat=True))


def _send(request_id: str, now: datetime) -> bool:
    with transaction.atomic():
        row = RightsRequest.objects.select_for_update().filter(id=request_id).first()
        if row is None or not is_owed_link(row) or not send_link(_SYSTEM, row, now=now):
            return False
        tell(row, "received", now=now, payload={"letter": "received"})
    return True
