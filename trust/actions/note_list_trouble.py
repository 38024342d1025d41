"""Writes down why a trusted list was not renewed."""

from __future__ import annotations

import logging
from datetime import datetime

from trust.models import TrustedList

logger = logging.getLogger(__name__)


def note_list_trouble(*, territory: str, problem: str, now: datetime) -> None:
    """Note what went wrong with a list, for staff; what is kept of it stays."""
    logger.warning("Trusted list %s: %s", territory, problem)
    TrustedList.objects.filter(territory=territory).update(last_error=problem[:300], last_error_at=now)
