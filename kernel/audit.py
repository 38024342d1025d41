"""The audit trail's writing rule: in the acting transaction, so that nothing happens unrecorded (clause C3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kernel.actor import Actor
from kernel.models import AuditEntry
from kernel.requests import current_request_id


def record(
    *,
    actor: Actor,
    action: str,
    now: datetime,
    customer_id: str | None = None,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry. `action` is a dotted verb (`seal.accepted`), `subject` the id acted on.

    A failure to write fails the caller's transaction, and with it the action.
    """
    AuditEntry.objects.create(
        at=now,
        customer_id=customer_id or actor.customer_id,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        subject=subject,
        reason=actor.reason,
        details=dict(details or {}),
        request_id=current_request_id(),
    )
