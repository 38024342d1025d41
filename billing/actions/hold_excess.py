"""Holds a downgrade still while it is decided whether what exceeds it goes (B11)."""

from __future__ import annotations

from datetime import datetime

from billing.models import StorageExcess
from billing.queries.excess import Excess, standing_excess
from kernel.actor import Actor
from kernel.clock import legal_date


def hold_excess(*, actor: Actor, excess_id: str, now: datetime) -> Excess | None:
    """The downgrade, if what exceeds it may be erased today: its day has come, and both notices were given in time.

    In the caller's transaction: a change of plan that would end it waits. None otherwise.
    """
    actor.require("billing.manage")
    StorageExcess.objects.select_for_update(no_key=True).filter(id=excess_id).first()
    excess = standing_excess(excess_id, now=now)
    if excess is None or excess.erasable_on is None or excess.erasable_on > legal_date(now):
        return None
    return excess
