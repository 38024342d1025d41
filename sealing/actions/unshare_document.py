"""Ends the sharing of documents with a member."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound
from sealing.models import SealShare
from sealing.queries.visibility import held_for_change


def unshare_document(*, actor: Actor, seal_id: str, member_id: str, now: datetime) -> None:
    """Take the documents away from a member they were shared with, at once.

    Raises `NotFound` also when they were not shared with that member, and `Forbidden` for documents that the actor
    sees but may not manage.
    """
    with transaction.atomic():
        seal = held_for_change(actor, seal_id)
        share = SealShare.objects.filter(seal=seal, member_id=member_id).first()
        if share is None:
            raise NotFound
        share.delete()
        facts = {"member": member_id, "name": share.member_name}
        audit.record(actor=actor, action="document.unshared", now=now, subject=seal.id, details=facts)
        told = {"member": member_id, "live": seal.live}
        outbox.emit("document.unshared", now=now, customer_id=actor.customer, subject=seal.id, payload=told)
