"""Notes that a member has opened a notice."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from accounts.models import NoticeDelivery
from kernel.actor import Actor


def read_notice(*, actor: Actor, now: datetime, notice_id: str | None = None, own: bool = True) -> int:
    """Mark the notice, or all of this portal that are addressed to the member, as read; returns how many were new.

    `own`: those to them as a person, too. The first time counts. No audit entry: who reads their own mail does nothing
    to anybody, and the moment is kept.
    """
    here = Q(notice__customer_id=actor.customer) | (Q(notice__customer=None) if own else Q())
    unread = NoticeDelivery.objects.filter(here, person=int(actor.person), read_at=None)
    if notice_id is not None:
        unread = unread.filter(notice=notice_id)
    return unread.update(read_at=now)
