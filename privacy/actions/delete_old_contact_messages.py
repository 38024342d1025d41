"""Deletes messages of the contact form whose time is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.catalogue import RULE
from privacy.models import ContactMessage
from privacy.rules.retention import due_on


def delete_old_contact_messages(*, now: datetime) -> int:
    """How many were deleted: those answered 12 months ago (clause D12). Safe to run twice.

    What nobody answered waits for staff and has no end yet.
    """
    today, rule = legal_date(now), RULE["contact_message"]
    answered = ContactMessage.objects.exclude(answered_at=None).values_list("id", "answered_at")
    due = [each for each, at in answered if at and due_on(rule, legal_date(at)) <= today]
    actor = Actor.system("privacy.delete_old_contact_messages")
    with transaction.atomic():
        gone = ContactMessage.objects.select_for_update().filter(id__in=due)
        ids = list(gone.values_list("id", flat=True))
        ContactMessage.objects.filter(id__in=ids).delete()
        for message_id in ids:
            audit.record(actor=actor, action="contact_message.deleted", now=now, subject=message_id)
    return len(ids)
