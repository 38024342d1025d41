"""Mails a notice to an address that is nobody's of the portal: the billing address of a customer that is closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from hashlib import sha256

from django.conf import settings

from accounts.gateways.mail import send_letter, with_footer
from accounts.models import Notice
from accounts.queries.notices import words_of
from kernel.errors import NotFound


def mail_notice_to(*, notice_id: str, email: str, language: str, closing: str, now: datetime) -> None:
    """Send the notice's words and, below them, `closing`, through our own server; then it counts as given (E8).

    A retry after a lost answer may send it twice, under one Message-ID. Raises `NotFound`, `AddressRefused`, and
    `MailUnavailable` to be tried again.
    """
    notice = Notice.objects.select_related("customer").filter(id=notice_id).first()
    if notice is None:
        raise NotFound
    words = words_of(notice, language=language or settings.LANGUAGE_CODE)
    words = replace(words, text=f"{words.text}\n\n{closing}".strip())
    letter = with_footer(words, {"number": notice.number, "link": "", "preferences": ""})
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    place = sha256(email.encode()).hexdigest()[:12]
    send_letter(letter, to=email, headers={"Message-ID": f"<{notice.id}.{place}@{domain}>"})
    Notice.objects.filter(id=notice.id, given_at=None).update(given_at=now)
