"""Takes in a message of the public contact form, with the consent it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kernel import audit, outbox
from kernel.actor import Actor
from privacy.actions._staff import wrong as _wrong
from privacy.models import ContactMessage
from privacy.rules.contact import LONGEST_MESSAGE, Topic, text_hash


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote, and in which language they read the form. Nothing else of them is kept."""

    topic: str
    name: str
    email: str
    message: str
    language: str


def send_contact_message(*, actor: Actor, written: Written, consent_text: str, now: datetime) -> ContactMessage:
    """The message, kept with the exact words that its sender ticked (clause D12).

    The operator's mailbox is told that it waits. Raises `InvalidInput` for an unknown topic, no consent or too much.
    """
    if written.topic not in set(Topic) or not consent_text or not 0 < len(written.message) <= LONGEST_MESSAGE:
        raise _wrong("message", "invalid_input", "")
    with transaction.atomic():
        row = ContactMessage.objects.create(
            topic=written.topic,
            name=written.name,
            email=written.email,
            message=written.message,
            language=written.language,
            consent_text=consent_text,
            consent_sha256=text_hash(consent_text),
            received_at=now,
        )
        audit.record(actor=actor, action="contact_message.received", now=now, subject=row.id)
        outbox.emit("contact_message.received", now=now, customer_id=None, subject=row.id)
    return row
