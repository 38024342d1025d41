"""Gives one sealed file the archive timestamp that was ordered. Safe to run twice, to be killed anywhere, to run late.

work      no transaction: evidence for the newest timestamp, a new one over everything, and the result checked
publish   one transaction under the job's fence: the new file in the place of the old, audit, event; or nothing at all
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import transaction

from kernel import audit, jobs, outbox, vault
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.jobs import ClaimedJob, FenceLost
from kernel.vault import StoredObject
from sealing.actions._archiving import ARCHIVED, ARCHIVER, end_archiving, stop_archiving
from sealing.gateways.archiving import ArchiveOrder, MadeArchive, SealedFile, make_archive
from sealing.gateways.encrypted import name_of
from sealing.models import Seal, SealArchiving, SealReceipt
from sealing.queries.seals import DocumentDeleted


def perform_archiving(*, job: ClaimedJob, archiving_id: str, clock: Callable[[], datetime]) -> None:
    """Archive and replace the sealed file, or end the order for good (clause A3).

    `clock` is the database's. Raises `Outage` when something outside failed: nothing has changed, and the job is tried
    again until its deadline. Raises `FenceLost` when another worker has taken over.
    """
    archiving = SealArchiving.objects.select_related("seal").filter(id=archiving_id).first()
    if archiving is None:
        raise NotFound
    if archiving.ended_at is not None:
        jobs.finish(job)
        return
    customer_id, seal = job.customer_id or "", archiving.seal
    if seal.deleted_at is not None:
        stop_archiving(job, archiving, DocumentDeleted.code, now=clock())
        return
    try:
        with tempfile.TemporaryDirectory(prefix="sealport-archive-") as folder:
            made = make_archive(_order(customer_id, seal, Path(folder)), clock=clock)
            stored = _store(customer_id, made)
        with vault.kept_with_its_row(stored):
            _publish(job, archiving, made, stored, now=clock())
    except Refusal as refusal:
        stop_archiving(job, archiving, refusal.code, now=clock())


def _order(customer_id: str, seal: Seal, folder: Path) -> ArchiveOrder:
    if seal.object_name is None or seal.timestamp_at is None or seal.size is None:
        raise ValueError(f"seal {seal.id} has no sealed file")
    source = folder / "sealed"
    vault.copy_object(customer_id, seal.object_name, source)
    documents = seal.documents.all()
    return ArchiveOrder(
        source=source,
        target=folder / "archived",
        size=seal.size,
        sha256=seal.sha256,
        format=seal.format,
        level=seal.level,
        live=seal.live,
        certificate_id=seal.certificate_id,
        timestamp_at=seal.timestamp_at,
        documents=tuple(SealedFile(name_of(customer_id, each), each.size, each.digest) for each in documents),
    )


def _store(customer_id: str, made: MadeArchive) -> StoredObject:
    with made.path.open("rb") as file:
        return vault.write_object(customer_id, file)


def _publish(
    job: ClaimedJob, archiving: SealArchiving, made: MadeArchive, stored: StoredObject, *, now: datetime
) -> None:
    seal = archiving.seal
    with transaction.atomic():
        _replace_file(seal, made, stored)  # first, since who deletes the documents holds the seal before its archivings
        end_archiving(
            job,
            archiving,
            ARCHIVED,
            now=now,
            timestamp_authority=made.timestamp_authority[:200],
            timestamp_serial=made.timestamp_serial,
            timestamp_at=made.timestamp_at,
            archived_until=made.archived_until,
            sha256=stored.sha256,
            sha256_before=seal.sha256,
            size_before=seal.size,
        )
        SealReceipt.objects.filter(seal=seal).delete()  # it is of the file as it was; the next one names both
        audit.record(
            actor=Actor.system(ARCHIVER, customer_id=job.customer_id),
            action="seal.archived",
            now=now,
            subject=seal.id,
            details={"timestamp_serial": made.timestamp_serial, "until": made.archived_until.isoformat()},
        )
        told = {"live": seal.live}
        outbox.emit("seal.archived", now=now, customer_id=job.customer_id, subject=seal.id, payload=told)
        transaction.on_commit(partial(vault.delete_object, seal.object_name or ""), robust=True)


def _replace_file(seal: Seal, made: MadeArchive, stored: StoredObject) -> None:
    """Compare-and-set: only the file that was archived is replaced, and not once its documents were deleted.

    Raises `DocumentDeleted`, and `FenceLost` when somebody else has replaced it.
    """
    changed = Seal.objects.filter(id=seal.id, object_name=seal.object_name, deleted_at=None).update(
        object_name=stored.name,
        size=stored.size,
        sha256=stored.sha256,
        level=Seal.Level.B_LTA,
        archived_until=made.archived_until,
    )
    if not changed:
        if Seal.objects.filter(id=seal.id).exclude(deleted_at=None).exists():
            raise DocumentDeleted
        raise FenceLost(f"seal {seal.id} has another file by now")
