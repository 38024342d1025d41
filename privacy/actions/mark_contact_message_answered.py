"""Writes down that a message of the contact form is answered: from then on its 12 months count."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from privacy.actions._staff import require_staff
from privacy.models import ContactMessage


class MessageAnswered(Refusal):
    """It is answered already."""

    code = "message_answered"
    status = 409
    title = _("This message is answered already.")


def mark_contact_message_answered(*, actor: Actor, message_id: str, now: datetime) -> ContactMessage:
    """The message, answered now (clause D12).

    Raises `Forbidden` for anybody but staff, `NotFound`, `MessageAnswered`.
    """
    require_staff(actor)
    with transaction.atomic():
        row = ContactMessage.objects.select_for_update().filter(id=message_id).first()
        if row is None:
            raise NotFound
        if row.answered_at is not None:
            raise MessageAnswered
        row.answered_at, row.answered_by = now, actor.name
        row.save(update_fields=["answered_at", "answered_by"])
        audit.record(actor=actor, action="contact_message.answered", now=now, subject=row.id)
    return row
