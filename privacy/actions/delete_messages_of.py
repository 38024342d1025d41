"""Deletes the messages of the contact form that somebody sent who is being forgotten (clauses D3, D12)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower

from kernel import audit
from kernel.actor import Actor
from privacy.models import ContactMessage


def delete_messages_of(*, actor: Actor, addresses: Collection[str], now: datetime) -> int:
    """How many messages from these e-mail addresses (in small letters) were deleted. Safe to run twice."""
    with transaction.atomic():
        sent = ContactMessage.objects.annotate(address=Lower("email")).filter(address__in=addresses)
        ids = sorted(sent.select_for_update().values_list("id", flat=True))
        ContactMessage.objects.filter(id__in=ids).delete()
        for message_id in ids:
            audit.record(actor=actor, action="contact_message.deleted", now=now, subject=message_id)
    return len(ids)
