"""Hands staff a file of a case, and records that they took it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.actions._cases import require_staff, tell
from accounts.models import CaseEvidence
from kernel import vault
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.reading import OPERATOR


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file to send: its name, size in bytes and parts."""

    name: str
    size: int
    parts: Iterator[bytes]


def read_evidence(*, actor: Actor, evidence_id: str, now: datetime) -> EvidenceFile:
    """The plain file. Raises `Forbidden` for anybody but staff, `NotFound`, and `Outage` when the HSM is away."""
    require_staff(actor)
    evidence = CaseEvidence.objects.select_related("case").filter(id=evidence_id).first()
    if evidence is None:
        raise NotFound
    parts = vault.read_object(OPERATOR, evidence.object_name)
    with transaction.atomic():
        tell(actor, evidence.case, "case.evidence_read", now=now, details={"evidence": evidence.id})
    return EvidenceFile(evidence.name, evidence.size, parts)
