"""Ends the attempts to mail a notice of which something of ours fails each time."""

from __future__ import annotations

from accounts.models import NoticeDelivery

State = NoticeDelivery.State


def give_up_notice(*, delivery_id: str) -> None:
    """The delivery has failed, for staff to see beside its dead job; in the portal the notice stays."""
    NoticeDelivery.objects.filter(id=delivery_id, state=State.QUEUED).update(state=State.FAILED)
