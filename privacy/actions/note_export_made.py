"""Notes that the copy which a request asked for is ready."""

from __future__ import annotations

from datetime import datetime

from kernel.errors import NotFound
from privacy.models import RightsRequest


def note_export_made(*, request_id: str, now: datetime) -> None:
    """From now on its page has the link, and staff may answer (D1). Safe to run twice. Raises `NotFound`."""
    rows = RightsRequest.objects.filter(id=request_id)
    if not rows.filter(export_made_at=None).update(export_made_at=now) and not rows.exists():
        raise NotFound
