"""Accounts' queued and scheduled work."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from accounts.actions import announce_documents as announcing
from accounts.actions import carry_out_case as carrying
from accounts.actions import carry_out_cases as carrying_all
from accounts.actions import collect_bounces as collecting
from accounts.actions import complete_replacement as completing
from accounts.actions import deliver_webhook as delivering
from accounts.actions import disclose_access as disclosing
from accounts.actions import end_access_grant as ending_grant
from accounts.actions import end_access_grants as ending_grants
from accounts.actions import end_due_contract as ending
from accounts.actions import end_due_contracts as ending_all
from accounts.actions import follow_events as following
from accounts.actions import give_up_delivery as giving_up_delivery
from accounts.actions import give_up_notice as giving_up
from accounts.actions import mail_invitation as mailing
from accounts.actions import mail_notice as mailing_notice
from accounts.actions import remind_of_token as reminding
from accounts.actions import remind_of_tokens as reminding_all
from accounts.actions import tell_of_document as telling
from accounts.queries.cases import replacement_waiting_for
from kernel import clock, runner
from kernel.actor import Actor
from kernel.errors import Refusal
from kernel.jobs import ClaimedJob, on_abandoned


@shared_task(name="accounts.follow_events")
def follow_events() -> None:
    """Every second: feed webhooks from the stream. No job of its own: it would be one row a second for nothing."""
    close_old_connections()
    if runner.may_begin():
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
    """Scheduled: queue the API tokens that expire soon."""
    reminding_all.remind_of_tokens(now=now)


def remind_of_token(job: ClaimedJob, *, now: datetime) -> None:
    """Tell a customer that an API token expires."""
    reminding.remind_of_token(token_id=job.payload["subject"], now=now)


def collect_bounces(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: read the mailbox into which undeliverable mail comes back, if there is one."""
    if settings.MAIL_BOUNCE_DIR:
        collecting.collect_bounces(maildir=settings.MAIL_BOUNCE_DIR, now=now)


def end_access_grants(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the access grants that are over, and those that an order forbade to tell of until now."""
    ending_grants.end_access_grants(now=now)


def end_access_grant(job: ClaimedJob, *, now: datetime) -> None:
    """Write down that an access grant is over."""
    ending_grant.end_access_grant(actor=Actor.system(job.kind), grant_id=job.payload["subject"], now=now)


def disclose_access(job: ClaimedJob, *, now: datetime) -> None:
    """Tell a customer of the access by order that could not be told before."""
    disclosing.disclose_access(actor=Actor.system(job.kind), grant_id=job.payload["subject"], now=now)


def carry_out_cases(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the cases whose time to object is over."""
    carrying_all.carry_out_cases(now=now)


def carry_out_case(job: ClaimedJob, *, now: datetime) -> None:
    """Carry out a case.

    Nobody is there to be told no: what two of staff have decided and cannot be done is theirs to see as a dead letter.
    """
    case_id = job.payload["subject"]
    try:
        carrying.carry_out_case(actor=Actor.system(job.kind), case_id=case_id, now=now)
    except Refusal as refusal:
        raise RuntimeError(f"case {case_id}: {refusal.code}") from refusal


def complete_replacement(job: ClaimedJob, *, now: datetime) -> None:
    """When somebody joins: if a case has waited for this owner, those before become what was decided."""
    case_id = replacement_waiting_for(job.customer_id or "")
    if case_id is not None and job.payload["role"] == "owner":
        actor = Actor.system(job.kind, customer_id=job.customer_id)
        completing.complete_replacement(actor=actor, case_id=case_id, membership_id=job.payload["subject"], now=now)


def end_due_contracts(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the contracts whose last day is over."""
    ending_all.end_due_contracts(now=now)


def end_due_contract(job: ClaimedJob, *, now: datetime) -> None:
    """End a contract whose last day is over."""
    ending.end_due_contract(actor=Actor.system(job.kind), ending_id=job.payload["subject"], now=now)


def announce_documents(job: ClaimedJob, *, now: datetime) -> None:
    """After an announcement and scheduled: have those told who will be bound and do not know it yet."""
    announcing.announce_documents(now=now)


def tell_of_document(job: ClaimedJob, *, now: datetime) -> None:
    """Tell one customer of a version that is to come."""
    actor = Actor.system(job.kind, customer_id=job.customer_id)
    telling.tell_of_document(
        actor=actor, document_id=job.payload["document"], customer_id=job.customer_id or "", now=now
    )
