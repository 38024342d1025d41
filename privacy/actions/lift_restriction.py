"""Ends a restriction whose day has come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.clock import legal_date
from privacy.actions._restrictions import unrestrict
from privacy.actions._rights import held_request
from privacy.models import Restriction
from privacy.rules.restrictions import is_over


def lift_restriction(*, request_id: str, now: datetime) -> bool:
    """Whether it ended now; not before its requester was told and the week is over (GDPR 18 (3)). Safe to run twice.

    Raises `NotFound` for a request that is gone.
    """
    with transaction.atomic():
        row = held_request(request_id)
        restriction = Restriction.objects.filter(request=row, lifted_at=None).first()
        if restriction is None or not is_over(restriction.ends_on, today=legal_date(now)):
            return False
        unrestrict(restriction, row, now=now)
    return True
