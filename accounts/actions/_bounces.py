"""What follows when a mail does not arrive, found at sending or told later."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.models import NoticeDelivery

State = NoticeDelivery.State
_TOLD_FOR = timedelta(days=7)


def note_bounce(delivery: NoticeDelivery, answer: str, now: datetime) -> bool:
    """Mark a delivery bounced, and tell the customer's administrators, once a week; returns whether it was news.

    A bounce of such a notice itself tells nobody: two dead addresses would write to each other for ever.
    """
    with transaction.atomic():
        unended = NoticeDelivery.objects.filter(id=delivery.id, state__in=[State.QUEUED, State.SENT])
        if not unended.update(state=State.BOUNCED, failure=answer[:300]):
            return False
        notice = delivery.notice
        if notice.customer_id and notice.kind != "mail.bounced" and not _known(delivery, now):
            facts = {
                "name": str(delivery.person),
                "email": delivery.email,
                "bounced_number": notice.number,
                "answer": answer[:300],
            }
            give_notice(
                kind="mail.bounced",
                customer_id=notice.customer_id,
                now=now,
                permission="customer.manage",
                facts=facts,
                subject=notice.id,
            )
    return True


def _known(delivery: NoticeDelivery, now: datetime) -> bool:
    """Whether mail to this address has come back within a week: several notices may be on their way at once."""
    others = NoticeDelivery.objects.filter(email=delivery.email, state=State.BOUNCED).exclude(id=delivery.id)
    return others.filter(notice__customer=delivery.notice.customer_id, notice__at__gt=now - _TOLD_FOR).exists()
