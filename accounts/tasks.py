"""Accounts' queued work."""

from __future__ import annotations

from datetime import datetime

from accounts.actions import mail_invitation as mailing
from kernel.jobs import ClaimedJob


def mail_invitation(job: ClaimedJob, *, now: datetime) -> None:
    """Mail the invitation that was just made."""
    mailing.mail_invitation(invitation_id=job.payload["subject"], language=job.payload["language"], now=now)
