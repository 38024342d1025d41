"""Hands out the audit trail as a file, and records that somebody took it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accounts.queries.audit import AuditRow, every_entry
from accounts.queries.audit_evidence import evidence_of
from kernel import audit, vault
from kernel.actor import Actor
from kernel.audit_chain import moment
from kernel.audit_trail import Asked

EVIDENCE = "evidence"


def export_audit(
    *, actor: Actor, asked: Asked, form: str, now: datetime
) -> Iterator[AuditRow] | Iterator[dict[str, Any]]:
    """The entries that are asked for, or with `form` `evidence` the parts that prove the whole chain (clause C3).

    Raises `Forbidden` without `audit.read`, and an outage when the HSM cannot be asked: a file without names would be
    taken for the whole. Must not run inside a transaction.
    """
    actor.require("audit.read")
    vault.have_key_at_hand(actor.customer)
    audit.record(actor=actor, action="audit.exported", now=now, subject=actor.customer, details={"form": form})
    if form == EVIDENCE:
        return evidence_of(actor, exported_at=moment(now))
    return every_entry(actor, asked)
