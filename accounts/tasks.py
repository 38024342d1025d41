"""Accounts' queued work."""

from __future__ import annotations

from datetime import datetime

from accounts.actions import mail_invitation as mailing
from accounts.actions import mail_notice as mailing_notice
from kernel.jobs import ClaimedJob


def mail_invitation(job: ClaimedJob, *, now: datetime) -> None:
    """Mail the invitation that was just made."""
    mailing.mail_invitation(invitation_id=job.payload["subject"], language=job.payload["language"], now=now)


def mail_notice(job: ClaimedJob, *, now: datetime) -> None:
    """Mail a notice to one of its recipients."""
    mailing_notice.mail_notice(delivery_id=job.payload["delivery"], now=now)
