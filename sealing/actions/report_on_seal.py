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
    "document_needed": gettext_lazy(
        "The document is not kept here. Whoever has it can verify the seal together with it."
    ),
    "format_not_supported": gettext_lazy("Sealed files of this kind cannot be verified here yet."),
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
    if found.document_needed:
        return SealReport(found, None, "document_needed", now)
    try:
        validation = _verified(actor, seal_id, now)
    except DocumentTooLarge:
        return SealReport(found, None, "document_too_large", now)
    if validation.found.code == "format_not_supported":
        return SealReport(found, None, "format_not_supported", now)
    return SealReport(found, validation, "", now)


def _verified(actor: Actor, seal_id: str, now: datetime) -> Validation:
    with tempfile.TemporaryFile() as file:
        for part in sealed_content(actor, seal_id).parts:
            file.write(part)
        file.seek(0)
        return verify_document(content=file, now=now, free=not actor.live)
