"""Privacy's scheduled and queued work. Each task may run twice, late and in any order."""

from __future__ import annotations

from datetime import datetime, timedelta

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import ClaimedJob
from privacy.actions import delete_old_contact_messages as deleting
from privacy.actions import drop_old_consents as dropping
from privacy.actions import mail_contact_message as mailing
from privacy.actions import mail_rights_letter as mailing_letter
from privacy.actions import note_export_made as noting
from privacy.actions import prepare_export as preparing
from privacy.actions import publish_figures as publishing
from privacy.actions import remind_of_breaches as reminding
from privacy.actions import remind_of_rights_requests as reminding_of_requests
from privacy.actions import seal_rights_answer as sealing
from privacy.actions import tell_disclosures as telling
from privacy.actions import tell_of_breach as telling_of_breach
from privacy.actions import tell_of_sub_processor as telling_of_sub_processor
from privacy.catalogue import RULE
from privacy.queries.exports import wanted_export
from privacy.rules.cookies import last_day_gone

_AT_ONCE = 10_000


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


def delete_old_contact_messages(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: delete messages of the contact form whose time is over."""
    deleting.delete_old_contact_messages(now=now)


def prepare_export(job: ClaimedJob, *, now: datetime) -> None:
    """Make the copy that a request about personal data asks for."""
    wanted = wanted_export(job.payload["subject"])
    if wanted is None:
        return
    preparing.prepare_export(
        actor=Actor.system("privacy.prepare_export"),
        request_id=wanted.request_id,
        person_id=wanted.person_id,
        email=wanted.email,
        kind=wanted.kind,
        language=wanted.language,
        clock=clock.database_clock(),
    )


def publish_figures(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: publish the figures of months and years that are over."""
    publishing.publish_figures(now=now)


def drop_old_consents(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: forget consents given more than 12 months ago (clause D2)."""
    gone = last_day_gone(RULE["consent"], clock.legal_date(now))
    before = clock.legal_midnight(gone + timedelta(days=1))
    while dropping.drop_old_consents(before=before, limit=_AT_ONCE) == _AT_ONCE:
        pass


def mail_rights_letter(job: ClaimedJob, *, now: datetime) -> None:
    """Mail a requester what happened to their request."""
    letter, request_id = job.payload["letter"], job.payload["subject"]
    mailing_letter.mail_rights_letter(request_id=request_id, letter=letter, now=now)


def seal_rights_answer(job: ClaimedJob, *, now: datetime) -> None:
    """Seal the answer to a request."""
    sealing.seal_rights_answer(request_id=job.payload["subject"], clock=clock.database_clock())


def note_export_made(job: ClaimedJob, *, now: datetime) -> None:
    """Note that the copy for a request is ready."""
    noting.note_export_made(request_id=job.payload["subject"], now=now)


def remind_of_rights_requests(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: remind staff of requests, and end those that nobody confirmed."""
    reminding_of_requests.remind_of_rights_requests(now=now)
