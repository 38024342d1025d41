"""Privacy's scheduled and queued work. Each task may run twice, late and in any order."""

from __future__ import annotations

from datetime import datetime

from kernel.jobs import ClaimedJob
from privacy.actions import compare_storage as comparing
from privacy.actions import mail_contact_message as mailing
from privacy.actions import publish_figures as publishing
from privacy.actions import remind_of_breaches as reminding
from privacy.actions import rotate_logs as rotating
from privacy.actions import tell_disclosures as telling
from privacy.actions import tell_of_breach as telling_of_breach
from privacy.actions import tell_of_sub_processor as telling_of_sub_processor


def compare_storage(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: delete objects that no row names, and tell of rows whose object is gone."""
    comparing.compare_storage(now=now)


def rotate_logs(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: put the lines of the day before aside, so that they can go after their 90 days."""
    rotating.rotate_logs(now=now)


def tell_of_sub_processor(job: ClaimedJob, *, now: datetime) -> None:
    """Tell every customer of a sub-processor that was just announced."""
    telling_of_sub_processor.tell_of_sub_processor(sub_processor_id=job.payload["subject"], now=now)


def tell_of_breach(job: ClaimedJob, *, now: datetime) -> None:
    """Tell the customers that staff chose of a breach."""
    telling_of_breach.tell_of_breach(breach_id=job.payload["subject"], now=now)


def tell_disclosures(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: tell customers what authorities were given, once the law allows it."""
    telling.tell_disclosures(now=now)


def remind_of_breaches(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: remind staff of breaches that the authority has still to be told of."""
    reminding.remind_of_breaches(now=now)


def mail_contact_message(job: ClaimedJob, *, now: datetime) -> None:
    """Tell the operator's mailbox that a message waits."""
    mailing.mail_contact_message(message_id=job.payload["subject"], now=now)


def publish_figures(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: publish the figures of months and years that are over."""
    publishing.publish_figures(now=now)
