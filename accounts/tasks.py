"""Accounts' queued work."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from accounts.actions import collect_bounces as collecting
from accounts.actions import give_up_notice as giving_up
from accounts.actions import mail_invitation as mailing
from accounts.actions import mail_notice as mailing_notice
from kernel.jobs import ClaimedJob, on_abandoned


def mail_invitation(job: ClaimedJob, *, now: datetime) -> None:
    """Mail the invitation that was just made."""
    mailing.mail_invitation(
        invitation_id=job.payload["subject"], language=job.payload["language"], tries=job.attempts, now=now
    )


def give_up_notice(job: ClaimedJob, *, now: datetime) -> None:
    """It failed too often on our side."""
    giving_up.give_up_notice(delivery_id=job.payload["delivery"])


@on_abandoned(give_up_notice)
def mail_notice(job: ClaimedJob, *, now: datetime) -> None:
    """Mail a notice to one of its recipients."""
    mailing_notice.mail_notice(delivery_id=job.payload["delivery"], now=now)


def collect_bounces(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: read the mailbox into which undeliverable mail comes back, if there is one."""
    if settings.MAIL_BOUNCE_DIR:
        collecting.collect_bounces(maildir=settings.MAIL_BOUNCE_DIR, now=now)
