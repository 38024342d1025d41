"""When a sealed file may get another archive timestamp, and when it is due."""

from __future__ import annotations

from datetime import datetime, timedelta

MOST_AT_ONCE = 200
"""How many renewals of one customer are ordered in one go; the next go follows at once."""
REST_AFTER_ORDER = timedelta(hours=20)
"""What was ordered and did not succeed is not ordered again by the clock before this has passed."""


def can_be_archived(*, format_: str, digest_algorithm: str, kept: bool) -> bool:
    """Whether an archive timestamp can be added at all.

    A seal for a PDF that its owner embeds is not ours to extend; a detached one needs the document's SHA-256.
    """
    if format_ == "pades":
        return kept
    return format_ == "asice" or digest_algorithm == "sha256"


def still_holds(archived_until: datetime | None, *, now: datetime) -> bool:
    """Whether the newest archive timestamp can still be succeeded: its certificate has not ended, or there is none."""
    return archived_until is None or now < archived_until


def due_before(*, now: datetime, renewal_days: int) -> datetime:
    """Archive timestamps whose certificate ends before this moment are renewed."""
    return now + timedelta(days=renewal_days)
