"""Reports on a seal: what is on record about it, and what a verification of its file says now (clause A5)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy

from kernel.actor import Actor
from kernel.errors import Refusal
from sealing.actions.accept_document import DocumentTooLarge
from sealing.actions.verify_document import Validation, verify_document
from sealing.queries.evidence import SealEvidence, evidence
from sealing.queries.seals import sealed_content

NOT_VERIFIABLE = {
    "document_too_large": gettext_lazy("With its seal the file is larger than what is verified here."),
}
"""Why a report has no verification."""


class NotVerifiedHere(Refusal):
    code = "not_verified_here"
    status = 409
    title = gettext_lazy("There is no verification of this seal to report.")


@dataclass(frozen=True, slots=True)
class SealReport:
    """The evidence of a seal, and the `validation` of its file at `reported_at`, else why there is none (`reason`, a
    key of `NOT_VERIFIABLE`): then only what our own gate found stands."""

    evidence: SealEvidence
    validation: Validation | None
    reason: str
    reported_at: datetime

    @property
    def reason_text(self) -> str:
        return str(NOT_VERIFIABLE[self.reason]) if self.reason else ""


def report_on_seal(*, actor: Actor, seal_id: str, now: datetime) -> SealReport:
    """Verify the sealed file as a stranger's would be, and put it beside the evidence.

    Raises `Forbidden`, `NotFound`, `NotSealedYet`, and the outages of `verify_document` and of the HSM, without which
    the file cannot be read.
    """
    found = evidence(actor, seal_id)
    try:
        return SealReport(found, _verified(actor, found, now), "", now)
    except DocumentTooLarge:
        return SealReport(found, None, "document_too_large", now)


def _verified(actor: Actor, found: SealEvidence, now: datetime) -> Validation:
    """A detached seal is verified with the digest of its document, which is on record."""
    seal = found.seal
    digest = bytes.fromhex(seal.documents[0].digest) if seal.from_digest else b""
    with tempfile.TemporaryFile() as file:
        for part in sealed_content(actor, seal.id).parts:
            file.write(part)
        file.seek(0)
        return verify_document(content=file, digest=digest, now=now, free=not actor.live)
