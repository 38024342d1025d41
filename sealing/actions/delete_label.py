"""Removes a label; what it was on stays."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound
from sealing.models import Label


def delete_label(*, actor: Actor, label_id: str, now: datetime) -> None:
    """Delete a label and take it off every document. Raises `Forbidden` without `seal.manage_all`, and `NotFound`."""
    actor.require("seal.manage_all")
    with transaction.atomic():
        label = Label.objects.select_for_update().filter(id=label_id).first()
        if label is None:
            raise NotFound
        documents = label.labellings.count()
        label.delete()
        audit.record(actor=actor, action="label.deleted", now=now, subject=label_id, details={"documents": documents})
