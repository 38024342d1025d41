"""Mails a notice to one of its recipients."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.actions._bounces import note_bounce
from accounts.actions._mailing import post
from accounts.gateways.mail import Letter, with_footer
from accounts.gateways.smtp import AddressRefused
from accounts.models import Membership, Notice, NoticeDelivery
from accounts.queries.notices import words_of
from accounts.rules.bounces import return_path
from accounts.rules.notices import MAIL_TRIED_FOR, notice_kind
from kernel.errors import NotFound, Outage
from kernel.tenancy.urls import customer_url

State = NoticeDelivery.State


def mail_notice(*, delivery_id: str, now: datetime) -> None:
    """Send it in the recipient's language. An address that the server refuses for good is recorded as bounced, a
    mail that no server took for four days as failed.

    Raises NotFound when there is nothing to send any more, `MailUnavailable` and `MailServerFailed` to be retried. A
    retry after a lost answer may send the mail twice, under one Message-ID, by which mail programs show it once.
    """
    waiting = NoticeDelivery.objects.filter(id=delivery_id, state=State.QUEUED)
    if not waiting.update(attempts=F("attempts") + 1):
        raise NotFound
    delivery = NoticeDelivery.objects.select_related("notice__customer", "person").get(id=delivery_id)
    letter = _letter(delivery)
    try:
        own_server = post(
            letter,
            to=delivery.email,
            customer_id=delivery.notice.customer_id,
            tries=delivery.attempts,
            now=now,
            headers=_headers(delivery),
            return_path=return_path(settings.MAIL_BOUNCE_ADDRESS, delivery.id),
        )
    except AddressRefused as refused:
        note_bounce(delivery, str(refused), now)
    except Outage as outage:
        hopeless = now - delivery.notice.at >= MAIL_TRIED_FOR
        waiting.update(failure=str(outage.detail)[:300], state=State.FAILED if hopeless else State.QUEUED)
        if not hopeless:
            raise
    else:
        _sent(delivery, letter, own_server, now)


def _letter(delivery: NoticeDelivery) -> Letter:
    notice = delivery.notice
    links = {"number": notice.number, "link": "", "preferences": _preferences(notice)}
    if notice.customer and _in_portal(delivery):
        path = customer_url(notice.customer.slug, "notice", notice_id=notice.id)
        links["link"] = f"{settings.BASE_URL}{path}"
    return with_footer(words_of(notice, language=delivery.language), links)


def _in_portal(delivery: NoticeDelivery) -> bool:
    """Whether the recipient can open it there: not who has left, or is staff."""
    members = Membership.objects.active().filter(customer_id=delivery.notice.customer_id)
    return members.filter(person_id=delivery.person_id).exists()


def _preferences(notice: Notice) -> str:
    """Where the mail can be muted; empty for what everybody is sent."""
    if not notice.customer or not notice_kind(notice.kind).mutable:
        return ""
    return f"{settings.BASE_URL}{customer_url(notice.customer.slug, 'notice_preferences')}"


def _headers(delivery: NoticeDelivery) -> dict[str, str]:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{delivery.id}@{domain}>"}
    if preferences := _preferences(delivery.notice):
        headers["List-Unsubscribe"] = f"<{preferences}>"
    return headers


def _sent(delivery: NoticeDelivery, letter: Letter, own_server: bool, now: datetime) -> None:
    with transaction.atomic():
        NoticeDelivery.objects.filter(id=delivery.id, state=State.QUEUED).update(
            state=State.SENT, sent_at=now, failure="", text_sha256=letter.sha256, own_server=own_server
        )
        Notice.objects.filter(id=delivery.notice_id, given_at=None).update(given_at=now)
