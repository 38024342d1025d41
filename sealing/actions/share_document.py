"""Lets another member see and download the documents of a seal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.queries import colleagues_of
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound
from sealing.models import SealShare
from sealing.queries.seals import DocumentDeleted
from sealing.queries.visibility import held_for_change


def share_document(*, actor: Actor, seal_id: str, member_id: str, now: datetime) -> None:
    """Share a seal's documents with an active member of the same customer (clauses A3, C2). Sharing again changes
    nothing.

    Raises `NotFound` for a document or member that is not there for the actor, `Forbidden` for documents that the
    actor sees but may not manage or who may not share, and `DocumentDeleted`.
    """
    actor.require("document.share")
    member = next((each for each in colleagues_of(actor) if each.id == member_id), None)
    with transaction.atomic():
        seal = held_for_change(actor, seal_id)
        if seal.deleted_at:
            raise DocumentDeleted
        if member is None or member.id == seal.requested_by:
            raise NotFound
        _share, created = SealShare.objects.get_or_create(
            seal=seal,
            member_id=member.id,
            defaults={
                "member_name": str(member),
                "shared_by": actor.id,
                "shared_by_name": actor.name,
                "shared_at": now,
            },
        )
        if created:
            facts = {"member": member.id, "name": str(member)}
            audit.record(actor=actor, action="document.shared", now=now, subject=seal.id, details=facts)
            outbox.emit(
                "document.shared",
                now=now,
                customer_id=actor.customer,
                subject=seal.id,
                payload={"member": member.id, "live": seal.live},
            )
