"""Deletes a message of the contact form now, because its sender withdrew the consent it rests on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from privacy.models import ContactMessage


def delete_contact_message(*, actor: Actor, message_id: str, now: datetime) -> bool:
    """Whether there was such a message; nothing of it is left (clause D12, GDPR 7 (3)).

    Who holds its link, and staff, may. What is not there is no refusal: a withdrawal succeeds however often it is sent.
    """
    with transaction.atomic():
        deleted, _of_each = ContactMessage.objects.filter(id=message_id).delete()
        if deleted:
            audit.record(actor=actor, action="contact_message.deleted", now=now, subject=message_id)
    return bool(deleted)
