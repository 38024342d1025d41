"""Notes that the copy which a request asked for is ready, and has its maker told."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy.actions._rights import held_request, tell


def note_export_made(*, request_id: str, now: datetime) -> None:
    """From now on its page has the link, and a mail says so (D1). Safe to run twice. Raises `NotFound`."""
    with transaction.atomic():
        row = held_request(request_id)
        if row.export_made_at is not None:
            return
        row.export_made_at = now
        row.save(update_fields=["export_made_at"])
        tell(row, "copy_ready", now=now, payload={"letter": "copy"})
