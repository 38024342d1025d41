"""Destroys the files of documents that were deleted. Safe to run twice and to be killed anywhere."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel import audit, vault
from kernel.actor import Actor
from kernel.errors import NotFound
from sealing.models import Document, Seal


def destroy_objects(*, actor: Actor, seal_id: str, now: datetime) -> None:
    """Remove the objects of a deleted seal from the storage, and only then their names from the rows: no file is
    without a row. Raises `NotFound` for a seal that was not deleted, and `vault.StorageAway`.
    """
    seal = Seal.objects.exclude(deleted_at=None).filter(id=seal_id).first()
    if seal is None:
        raise NotFound
    names = [name for name in [seal.object_name, *_originals(seal)] if name]
    for name in names:
        vault.delete_object(name)
    with transaction.atomic():
        Document.objects.filter(seal=seal).update(object_name=None)
        Seal.objects.filter(id=seal_id).update(object_name=None)
        audit.record(
            actor=actor, action="document.destroyed", now=now, subject=seal_id, details={"objects": len(names)}
        )


def _originals(seal: Seal) -> list[str | None]:
    return list(Document.objects.filter(seal=seal).values_list("object_name", flat=True))
