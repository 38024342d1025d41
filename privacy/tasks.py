"""Privacy's scheduled and queued work. Each task may run twice, late and in any order."""

from __future__ import annotations

from datetime import datetime

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import ClaimedJob
from privacy.actions import compare_storage as comparing
from privacy.actions import issue_erasure_receipt as issuing
from privacy.actions import lift_restriction as lifting
from privacy.actions import lift_restrictions as lifting_all
from privacy.actions import mail_contact_message as mailing
from privacy.actions import mail_rights_letter as mailing_letter
from privacy.actions import note_account_erased as noting_erased
from privacy.actions import note_export_made as noting
from privacy.actions import plan_person_erasure as planning
from privacy.actions import prepare_export as preparing
from privacy.actions import publish_figures as publishing
from privacy.actions import remind_of_breach as reminding
from privacy.actions import remind_of_breaches as reminding_all
from privacy.actions import remind_of_rights_requests as reminding_of_requests
from privacy.actions import replay_erasures as replaying
from privacy.actions import report_person_erasure as reporting
from privacy.actions import rotate_logs as rotating
from privacy.actions import run_retention as running
from privacy.actions import seal_rights_answer as sealing
from privacy.actions import send_owed_links as sending_links
from privacy.actions import tell_disclosure as telling
from privacy.actions import tell_disclosures as telling_all
from privacy.actions import tell_of_breach as telling_of_breach
from privacy.actions import tell_of_sub_processor as telling_of_sub_processor
from privacy.queries.exports import wanted_export
from privacy.queries.restoration import replay_is_pending

_TICK_SECONDS = 240  # of the 900 between two ticks


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


def lift_restrictions(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the restrictions of processing whose announced day has come."""
    lifting_all.lift_restrictions(now=now)


def lift_restriction(job: ClaimedJob, *, now: datetime) -> None:
    """End a restriction of processing."""
    lifting.lift_restriction(request_id=job.payload["subject"], now=now)


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


def run_retention(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: erase what is due, within a few minutes; the next tick goes on."""
    running.run_retention(now=now, seconds=_TICK_SECONDS, database_now=clock.database_clock()())


def replay_is_over() -> bool:
    """Before every job: after a restore the replay comes first, done by whoever finds that it is pending."""
    if replay_is_pending():
        replaying.replay_erasures(actor=Actor.system("privacy.replay_erasures"), now=clock.now())
    return not replay_is_pending()


def issue_erasure_receipt(job: ClaimedJob, *, now: datetime) -> None:
    """Seal the receipt of an erasure that is done; tried for as long as nothing can be sealed."""
    issuing.issue_erasure_receipt(item_id=job.payload["subject"], clock=clock.database_clock())


def plan_person_erasure(job: ClaimedJob, *, now: datetime) -> None:
    """Plan the erasure of the account that a request about personal data is about."""
    person_id = int(job.payload["person"])
    planning.plan_person_erasure(request_id=job.payload["subject"], person_id=person_id, now=now)


def report_person_erasure(job: ClaimedJob, *, now: datetime) -> None:
    """Tell the requests that waited for it that somebody is forgotten."""
    person_id = int(job.payload["subject"])
    reporting.report_person_erasure(person_id=person_id, counts=job.payload["counts"], now=now)


def note_account_erased(job: ClaimedJob, *, now: datetime) -> None:
    """Note with a request what came of the erasure of the account."""
    told = job.payload
    noting_erased.note_account_erased(
        request_id=told["subject"], counts=told["counts"], refused=told["refused"], detail=told["detail"], now=now
    )


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


def send_owed_links(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: send the links of requests that had to wait."""
    sending_links.send_owed_links(now=now)


def remind_of_rights_requests(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: remind staff of requests, and end those that nobody confirmed."""
    reminding_of_requests.remind_of_rights_requests(now=now)
