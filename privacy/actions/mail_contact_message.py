"""Tells the operator's mailbox that a message of the contact form waits."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.conf import settings

from accounts.actions.give_notice import give_notice
from accounts.gateways.mail import send_letter, write_letter
from accounts.gateways.smtp import AddressRefused
from accounts.queries import staff_people
from kernel.errors import NotFound
from privacy.models import ContactMessage


def mail_contact_message(*, message_id: str, now: datetime) -> None:
    """Mail its topic and where to read it, and nothing of what was written: so it can be deleted everywhere (D12).

    To `DPO_EMAIL`, or else to `OPERATOR_CONTACT` if that is an address, or else to all staff. Raises `NotFound` when
    the message is deleted, and `MailUnavailable` to be tried again.
    """
    row = ContactMessage.objects.filter(id=message_id).first()
    if row is None:
        raise NotFound
    facts = {"message": row.id, "topic": row.topic}
    mailbox = settings.DPO_EMAIL or (settings.OPERATOR_CONTACT if "@" in settings.OPERATOR_CONTACT else "")
    if not mailbox:
        kind = "contact_message.received"
        give_notice(kind=kind, customer_id=None, now=now, people=staff_people(), facts=facts, subject=row.id)
        return
    letter = write_letter(
        "notices/contact_message_received",
        language=settings.LANGUAGE_CODE,
        context={**facts, "site": settings.BASE_URL},
    )
    with suppress(AddressRefused):
        send_letter(letter, to=mailbox)
