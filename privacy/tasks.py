"""Privacy's scheduled and queued work. Each task may run twice, late and in any order."""

from __future__ import annotations

from datetime import datetime, timedelta

from kernel import clock
from kernel.jobs import ClaimedJob
from privacy.actions import delete_old_contact_messages as deleting
from privacy.actions import drop_old_consents as dropping
from privacy.actions import mail_contact_message as mailing
from privacy.actions import publish_figures as publishing
from privacy.actions import remind_of_breach as reminding
from privacy.actions import remind_of_breaches as reminding_all
from privacy.actions import tell_disclosure as telling
from privacy.actions import tell_disclosures as telling_all
from privacy.actions import tell_of_breach as telling_of_breach
from privacy.actions import tell_of_sub_processor as telling_of_sub_processor
from privacy.catalogue import RULE
from privacy.rules.cookies import last_day_gone

_AT_ONCE = 10_000


def tell_of_sub_processor(job: ClaimedJob, *, now: datetime) -> None:
    """Tell every customer of a sub-processor that was just announced."""
    telling_of_sub_processor.tell_of_sub_processor(sub_processor_id=job.payload["subject"], now=now)


def tell_of_breach(job: ClaimedJob, *, now: datetime) -> None:
    """Tell the customers that staff chose of a breach."""
    telling_of_breach.tell_of_breach(breach_id=job.payload["subject"], now=now)


def tell_disclosures(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the disclosures to authorities of which the law now allows to tell the customer."""
    telling_all.tell_disclosures(now=now)


def tell_disclosure(job: ClaimedJob, *, now: datetime) -> None:
    """Tell a customer what an authority was given."""
    telling.tell_disclosure(disclosure_id=job.payload["subject"], now=now)


def remind_of_breaches(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the breaches of which staff are to be reminded."""
    reminding_all.remind_of_breaches(now=now)


def remind_of_breach(job: ClaimedJob, *, now: datetime) -> None:
    """Remind staff of a breach that the authority has still to be told of."""
    reminding.remind_of_breach(breach_id=job.payload["subject"], now=now)


def mail_contact_message(job: ClaimedJob, *, now: datetime) -> None:
    """Tell the operator's mailbox that a message waits."""
    mailing.mail_contact_message(message_id=job.payload["subject"], now=now)


def delete_old_contact_messages(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: delete messages of the contact form whose time is over."""
    deleting.delete_old_contact_messages(now=now)


def publish_figures(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: publish the figures of months and years that are over."""
    publishing.publish_figures(now=now)


def drop_old_consents(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: forget consents given more than 12 months ago (clause D2)."""
    gone = last_day_gone(RULE["consent"], clock.legal_date(now))
    before = clock.legal_midnight(gone + timedelta(days=1))
    while dropping.drop_old_consents(before=before, limit=_AT_ONCE) == _AT_ONCE:
        pass
