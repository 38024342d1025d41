"""Asks for the destruction of a seal key: the first of two members of staff."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from trust.actions.destroy_key import KeyInUse
from trust.models import SealCertificate, SealKey

State = SealCertificate.State


def ask_key_destruction(*, actor: Actor, key_id: str, now: datetime) -> None:
    """Another person of staff can now destroy the key. Asking again changes nothing.

    Raises Forbidden unless staff, NotFound (also for a key that is destroyed), `KeyInUse`.
    """
    if actor.kind != "staff":
        raise Forbidden
    with transaction.atomic():
        key = SealKey.objects.select_for_update().filter(id=key_id, destroyed_at=None).first()
        if key is None:
            raise NotFound
        if key.certificates.filter(state__in=[State.REQUESTED, State.ACTIVE]).exists():
            raise KeyInUse
        if key.destruction_asked_at is not None:
            return
        key.destruction_asked_at, key.destruction_asked_by = now, actor.person
        key.save(update_fields=["destruction_asked_at", "destruction_asked_by"])
        audit.record(actor=actor, action="key.destruction_asked", now=now, customer_id=key.customer_id, subject=key.id)
