"""Why the operator may suspend a customer at once (clause C7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

REVIEWED_WITHIN = timedelta(days=30)


class Ground(StrEnum):
    ABUSE = "abuse"
    PROHIBITED_CONTENT = "prohibited_content"
    RESALE = "resale"
    SANCTIONS = "sanctions"
    NON_PAYMENT = "non_payment"
    SECURITY = "security"
    OTHER = "other"


def review_due_at(suspended_at: datetime) -> datetime:
    """By when staff look at a suspension again: none goes on unnoticed."""
    return suspended_at + REVIEWED_WITHIN
