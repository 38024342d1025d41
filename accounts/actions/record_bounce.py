"""Records that a mail of ours came back."""

from __future__ import annotations

from datetime import datetime

from accounts.actions._bounces import note_bounce
from accounts.gateways.bounces import read_bounce
from accounts.models import NoticeDelivery


def record_bounce(*, report: bytes, now: datetime) -> bool:
    """Read a delivery status report (RFC 3464) and mark the delivery it is about as bounced.

    Returns whether it was about one of ours; the same report again changes nothing. Other mail is no error: a mailbox
    for bounces gets answers of people, too.
    """
    bounce = read_bounce(report)
    known = NoticeDelivery.objects.select_related("notice", "person").filter(id=bounce.delivery_id if bounce else "")
    delivery = known.first()
    if bounce is None or delivery is None:
        return False
    note_bounce(delivery, bounce.answer, now)
    return True
