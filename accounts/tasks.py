"""Accounts' queued and scheduled work."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from accounts.actions import collect_bounces as collecting
from accounts.actions import deliver_webhook as delivering
from accounts.actions import drop_old_deliveries as dropping
from accounts.actions import follow_events as following
from accounts.actions import give_up_delivery as giving_up_delivery
from accounts.actions import give_up_notice as giving_up
from accounts.actions import mail_invitation as mailing
from accounts.actions import mail_notice as mailing_notice
from accounts.actions import remind_of_tokens as reminding
from kernel import clock
from kernel.jobs import ClaimedJob, on_abandoned


@shared_task(name="accounts.follow_events")
def follow_events() -> None:
    """Every second: feed webhooks from the stream. No job of its own: it would be one row a second for nothing."""
    close_old_connections()
    following.follow_events(now=clock.now())


def give_up_delivery(job: ClaimedJob, *, now: datetime) -> None:
    """It failed too often on our side."""
    giving_up_delivery.give_up_delivery(
        delivery_id=job.payload["delivery"], dispatched=job.payload["dispatched"], now=now
    )


@on_abandoned(give_up_delivery)
def deliver_webhook(job: ClaimedJob, *, now: datetime) -> None:
    """Send one message to one webhook."""
    delivering.deliver_webhook(delivery_id=job.payload["delivery"], dispatched=job.payload["dispatched"], now=now)


def drop_old_deliveries(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: forget old delivery logs."""
    dropping.drop_old_deliveries(now=now)


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


def remind_of_tokens(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: tell customers whose API tokens expire."""
    reminding.remind_of_tokens(now=now)


def collect_bounces(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: read the mailbox into which undeliverable mail comes back, if there is one."""
    if settings.MAIL_BOUNCE_DIR:
        collecting.collect_bounces(maildir=settings.MAIL_BOUNCE_DIR, now=now)
