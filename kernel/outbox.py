"""Events and the work they cause, written in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from kernel import jobs
from kernel.models import Event


def emit(
    event: str,
    *,
    now: datetime,
    customer_id: str | None,
    subject: str,
    payload: Mapping[str, Any] | None = None,
    deadline_seconds: int | None = None,
) -> None:
    """Append the event and queue a job for every task routed to it, in the caller's transaction.

    `event` is noun.past (`seal.accepted`). Each job gets `{"event": id, "subject": subject, **payload}`; with
    `deadline_seconds` it is abandoned when it has not succeeded by then.
    """
    row = Event.objects.create(
        name=event, at=now, customer_id=customer_id, subject=subject, payload=dict(payload or {})
    )
    for kind in import_string(settings.ROUTES).get(event, ()):
        jobs.enqueue(
            kind,
            now=now,
            key=f"{kind}:event:{row.id}",
            customer_id=customer_id,
            payload={"event": row.id, "subject": subject, **(payload or {})},
            deadline_at=now + timedelta(seconds=deadline_seconds) if deadline_seconds else None,
        )


def has_happened(event: str, *, subject: str) -> bool:
    """Whether the platform's own event (of no customer) is on record for the subject, so that it is told once."""
    return bool(Event.objects.filter(name=event, customer_id=None, subject=subject).exists())
