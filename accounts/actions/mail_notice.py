"""Mails a notice to one of its recipients."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.gateways.mail import AddressRefused, Letter, send_letter
from accounts.models import Notice, NoticeDelivery
from accounts.queries.notices import words_of
from kernel.errors import NotFound

State = NoticeDelivery.State


def mail_notice(*, delivery_id: str, now: datetime) -> None:
    """Send it in the recipient's language. An address that the server refuses for good is recorded as bounced.

    Raises NotFound when there is nothing to send any more, `MailUnavailable` to be retried. A retry after a lost
    answer may send the mail twice, under one Message-ID, by which mail programs show it once.
    """
    waiting = NoticeDelivery.objects.filter(id=delivery_id, state=State.QUEUED)
    delivery = waiting.select_related("notice__customer").first()
    if delivery is None:
        raise NotFound
    waiting.update(attempts=F("attempts") + 1)
    letter = words_of(delivery.notice, language=delivery.language)
    try:
        send_letter(letter, to=delivery.email, headers=_headers(delivery))
    except AddressRefused as refused:
        waiting.update(state=State.BOUNCED, failure=str(refused)[:300])
    else:
        _sent(delivery, letter, now)


def _headers(delivery: NoticeDelivery) -> dict[str, str]:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return {"Message-ID": f"<{delivery.id}@{domain}>"}


def _sent(delivery: NoticeDelivery, letter: Letter, now: datetime) -> None:
    with transaction.atomic():
        NoticeDelivery.objects.filter(id=delivery.id, state=State.QUEUED).update(
            state=State.SENT, sent_at=now, text_sha256=letter.sha256
        )
        Notice.objects.filter(id=delivery.notice_id, given_at=None).update(given_at=now)
