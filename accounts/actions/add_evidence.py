"""Keeps a file that shows a right to act, encrypted under the operator's own key."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._cases import CaseOutOfTurn, held_case, require_staff, tell
from accounts.models import CaseEvidence
from accounts.rules.cases import LARGEST_EVIDENCE, CaseState
from kernel import vault
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.reading import OPERATOR


class EvidenceDoesNotFit(Refusal):
    """An empty file, or one that is too large."""

    code = "evidence_does_not_fit"
    title = _("The file is empty, or larger than 20 MB.")


def add_evidence(*, actor: Actor, case_id: str, name: str, size: int, file: BinaryIO, now: datetime) -> CaseEvidence:
    """The evidence (clause C4). `size` in bytes. It is never shown in the browser, only downloaded.

    Raises `Forbidden` for anybody but staff, `NotFound`, `CaseOutOfTurn` once it is decided, `EvidenceDoesNotFit`, and
    `Outage` when HSM or storage are away.
    """
    require_staff(actor)
    if not 0 < size <= LARGEST_EVIDENCE:
        raise EvidenceDoesNotFit
    stored = vault.write_object(OPERATOR, file)
    with vault.kept_with_its_row(stored), transaction.atomic():
        case = held_case(case_id)
        if case.state not in {CaseState.OPENED, CaseState.HELD}:
            raise CaseOutOfTurn
        evidence = CaseEvidence.objects.create(
            case=case,
            name=name[-200:],
            size=stored.size,
            sha256=stored.sha256,
            object_name=stored.name,
            added_by_name=actor.name,
            added_at=now,
        )
        facts = {"evidence": evidence.id, "sha256": stored.sha256, "size": stored.size}
        tell(actor, case, "case.evidence_added", now=now, details=facts)
    return evidence
