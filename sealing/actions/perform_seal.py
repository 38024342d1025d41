"""Makes one seal that was accepted: attempt, work, publish. Safe to run twice, to be killed anywhere, to run late.

attempt   one transaction: the seal is being sealed, and an attempt is on record before the HSM is asked
work      no transaction: preflight, certificate check, signature, timestamp, evidence, and the result checked again
publish   one transaction under the job's fence: sealed file, usage event, audit, event; or nothing at all
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from billing.actions.record_usage import record_usage
from kernel import audit, jobs, outbox, vault
from kernel.actor import Actor
from kernel.errors import NotFound, Outage, Refusal
from kernel.jobs import ClaimedJob
from kernel.vault import StoredObject
from sealing.actions._batches import batch_of, end_in_batch
from sealing.actions._status import PERFORMER, end_attempt, end_seal, move
from sealing.gateways.encrypted import appearance_of, name_of, options_of
from sealing.gateways.engine import MadeSeal, SealOrder, Source, make_seal
from sealing.models import Document, Seal, SealAttempt
from sealing.rules.seal_states import FINAL, SealStatus, is_billable
from trust import queries as trust


@dataclass(frozen=True, slots=True)
class _Work:
    job: ClaimedJob
    customer_id: str
    seal: Seal
    clock: Callable[[], datetime]

    @property
    def actor(self) -> Actor:
        return Actor.system(PERFORMER, customer_id=self.customer_id)


def perform_seal(*, job: ClaimedJob, seal_id: str, clock: Callable[[], datetime]) -> None:
    """Seal and publish, or refuse for good, or put it off (clause A1).

    `clock` is the database's, so that a worker's wrong clock can neither date a seal nor accept a wrong timestamp.
    Raises `Outage` when something outside failed (the job is tried again until its deadline) and `FenceLost` when
    another worker has taken over, in which case nothing of this attempt remains.
    """
    work = _Work(job, job.customer_id or "", _fetch(seal_id), clock)
    if work.seal.status in FINAL:
        jobs.finish(job)
        return
    _begin_attempt(work)
    try:
        with tempfile.TemporaryDirectory(prefix="sealport-seal-") as folder:
            made = _make(work, Path(folder))
            stored = _store(work, made)
        with vault.kept_with_its_row(stored):
            _publish(work, made, stored)
    except Refusal as refusal:
        end_seal(work.job, work.seal, SealStatus.REFUSED, refusal.code, str(refusal.detail), now=clock())
    except Outage as outage:
        _put_off(work, outage)
        raise


def _fetch(seal_id: str) -> Seal:
    seal = Seal.objects.prefetch_related("documents").filter(id=seal_id).first()
    if seal is None:
        raise NotFound
    return seal


def _begin_attempt(work: _Work) -> None:
    now = work.clock()
    with transaction.atomic():
        move(work.seal, SealStatus.SEALING)
        SealAttempt.objects.create(seal=work.seal, fence=work.job.fence, started_at=now)
        audit.record(
            actor=work.actor, action="seal.attempted", now=now, subject=work.seal.id, details={"fence": work.job.fence}
        )


def _make(work: _Work, folder: Path) -> MadeSeal:
    seal = work.seal
    sources = tuple(_source(work, document, folder) for document in seal.documents.all())
    certificate = trust.sealing_certificate(
        customer_id=work.customer_id, live=seal.live, certificate_id=seal.certificate_id, now=work.clock()
    )
    options = options_of(work.customer_id, seal)
    order = SealOrder(
        sources=sources,
        target=folder / "sealed",
        format=seal.format,
        level=seal.level,
        certificate=certificate,
        reason=options["reason"],
        location=options["location"],
        contact=options["contact"],
        certify=options["certify"],
        appearance=appearance_of(work.customer_id, seal),
    )
    return make_seal(order, clock=work.clock)


def _source(work: _Work, document: Document, folder: Path) -> Source:
    path = None
    if document.object_name is not None:
        path = folder / f"source-{document.position}"
        vault.copy_object(work.customer_id, document.object_name, path)
    name = name_of(work.customer_id, document)
    return Source(path, name, document.media_type, document.size, document.digest, document.digest_algorithm)


def _store(work: _Work, made: MadeSeal) -> StoredObject:
    with made.path.open("rb") as file:
        return vault.write_object(work.customer_id, file)


def _publish(work: _Work, made: MadeSeal, stored: StoredObject) -> None:
    now, seal = work.clock(), work.seal
    with transaction.atomic():
        jobs.finish(work.job)
        move(
            seal,
            SealStatus.SEALED,
            sealed_at=now,
            object_name=stored.name,
            size=stored.size,
            sha256=stored.sha256,
            timestamp_authority=made.timestamp_authority[:200],
            timestamp_serial=made.timestamp_serial,
            timestamp_at=made.timestamp_at,
            evidence=made.evidence,
            archived_until=made.archived_until,
        )
        if is_billable(SealStatus.SEALED, live=seal.live):
            by_token = seal.requested_by.startswith("tok_")
            record_usage(
                customer_id=work.customer_id,
                source_id=seal.id,
                occurred_at=now,
                now=now,
                member_id=None if by_token else seal.requested_by,
                token_id=seal.requested_by if by_token else None,
            )
        end_attempt(work.job, seal, "published", now)
        audit.record(
            actor=work.actor,
            action="seal.published",
            now=now,
            subject=seal.id,
            details={"sha256": stored.sha256, "timestamp_serial": made.timestamp_serial},
        )
        outbox.emit(
            "seal.published", now=now, customer_id=work.customer_id, subject=seal.id, payload=batch_of(work.job)
        )
        end_in_batch(work.job, now=now)


def _put_off(work: _Work, outage: Outage) -> None:
    waiting = outage.code == "timestamp_unavailable"
    now = work.clock()
    with transaction.atomic():
        move(
            work.seal,
            SealStatus.WAITING_FOR_TIMESTAMP if waiting else SealStatus.QUEUED,
            delay_code=outage.code,
            delay_detail=str(outage.detail),
        )
        end_attempt(work.job, work.seal, outage.code, now)
