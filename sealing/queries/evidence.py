"""What proves a seal, as its customer may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.queries.deliveries import MeteredDelivery, metered_delivery
from kernel.actor import Actor
from sealing.models import Seal
from sealing.queries.seals import DocumentDeleted, NotSealedYet, SealView, seal
from sealing.rules.evidence import gate_checks, signature_made
from sealing.rules.seal_states import SealStatus
from trust.queries import certificate_sealed_with
from trust.rules.certificates import CertificateFacts


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A revocation answer that was relied on: `ocsp` or `crl`, who gave it, and the SHA-256 of its DER (hex).

    `concerns` is the serial of the one certificate that an OCSP answer is about (hex), empty for a list. `next_update`
    is None where the authority promised none.
    """

    kind: str
    responder: str
    concerns: str
    produced_at: datetime
    this_update: datetime
    next_update: datetime | None
    sha256: str


@dataclass(frozen=True, slots=True)
class TimestampView:
    """A timestamp (RFC 3161): policy dotted; `imprint` what it covers, `sha256` of the token, `fingerprint` of the
    authority's certificate, all hex; `answers` say that the latter was not revoked when it was checked."""

    authority: str
    serial: str
    time: datetime
    policy: str
    imprint: str
    sha256: str
    fingerprint: str
    checked_at: datetime
    answers: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True)
class ArchivingView:
    """An archive timestamp that the file got later: `until` is when its certificate ends. Of the file that came of it
    the SHA-256 (hex), of the one before also the size in bytes."""

    authority: str
    serial: str
    time: datetime
    until: datetime | None
    sha256: str
    sha256_before: str
    size_before: int | None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt; `signature` says whether it used its one signature: `yes`, `no` or `perhaps`."""

    started_at: datetime
    ended_at: datetime | None
    outcome: str
    signature: str


@dataclass(frozen=True, slots=True)
class SealEvidence:
    """Everything on record about a sealed seal; the timestamps begin with the signature's own, and `archivings` are
    those that came after it was delivered, oldest first.

    `requested_by` is the id of a member or token. `began_at` is when the work began that led to the result, `ended_at`
    when it went to the gate, `certificate_checked_at` when the `answers` about the certificate were last verified:
    None and empty where a seal is older than these records.
    """

    seal: SealView
    requested_by: str
    engine_version: str
    certificate: CertificateFacts
    began_at: datetime | None
    ended_at: datetime | None
    certificate_checked_at: datetime | None
    answers: tuple[AnswerView, ...]
    timestamps: tuple[TimestampView, ...]
    archivings: tuple[ArchivingView, ...]
    attempts: tuple[AttemptView, ...]
    gate_checks: tuple[str, ...]
    metered: MeteredDelivery | None

    @property
    def document_needed(self) -> bool:
        """Whether whoever verifies the seal needs the document with it, or its digest. We have the digest only."""
        return self.seal.from_digest


def evidence(actor: Actor, seal_id: str) -> SealEvidence:
    """The evidence of one seal; raises `Forbidden`, `NotFound` for a stranger's, `NotSealedYet`,
    and `DocumentDeleted`: what was evidence of the documents is gone with them.
    """
    view = seal(actor, seal_id)
    if view.deleted_at:
        raise DocumentDeleted
    if view.status != SealStatus.SEALED:
        raise NotSealedYet
    row = Seal.objects.prefetch_related("attempts").get(id=view.id)
    kept = row.evidence or {}
    return SealEvidence(
        seal=view,
        requested_by=row.requested_by,
        engine_version=row.engine_version,
        certificate=certificate_sealed_with(customer_id=actor.customer, certificate_id=row.certificate_id),
        began_at=_moment(kept.get("began_at")),
        ended_at=_moment(kept.get("ended_at")),
        certificate_checked_at=_moment(kept.get("certificate", {}).get("checked_at")),
        answers=_answers(kept.get("certificate", {})),
        timestamps=tuple(map(_timestamp, kept.get("timestamps", ()))),
        archivings=_archivings(row),
        attempts=_attempts(row),
        gate_checks=gate_checks(row.level, from_digest=view.from_digest),
        metered=metered_delivery(customer_id=actor.customer, source_id=view.id),
    )


def _attempts(row: Seal) -> tuple[AttemptView, ...]:
    attempts = sorted(row.attempts.all(), key=lambda attempt: attempt.started_at)
    return tuple(
        AttemptView(each.started_at, each.ended_at, each.outcome, signature_made(each.outcome)) for each in attempts
    )


def _archivings(row: Seal) -> tuple[ArchivingView, ...]:
    return tuple(
        ArchivingView(
            authority=each.timestamp_authority,
            serial=each.timestamp_serial,
            time=each.timestamp_at,
            until=each.archived_until,
            sha256=each.sha256,
            sha256_before=each.sha256_before,
            size_before=each.size_before,
        )
        for each in row.archivings.order_by("id")
        if each.timestamp_at
    )


def _timestamp(kept: dict[str, Any]) -> TimestampView:
    return TimestampView(
        authority=kept["authority"],
        serial=kept["serial"],
        time=datetime.fromisoformat(kept["time"]),
        policy=kept["policy"],
        imprint=kept["imprint"],
        sha256=kept["sha256"],
        fingerprint=kept["fingerprint"],
        checked_at=datetime.fromisoformat(kept["checked_at"]),
        answers=_answers(kept),
    )


def _answers(checked: dict[str, Any]) -> tuple[AnswerView, ...]:
    return tuple(
        AnswerView(
            kind=each["kind"],
            responder=each["responder"],
            concerns=each["concerns"],
            produced_at=datetime.fromisoformat(each["produced_at"]),
            this_update=datetime.fromisoformat(each["this_update"]),
            next_update=_moment(each["next_update"]),
            sha256=each["sha256"],
        )
        for each in checked.get("answers", ())
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
