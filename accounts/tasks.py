"""Accounts' queued and scheduled work."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from accounts.actions import announce_documents as announcing
from accounts.actions import carry_out_cases as carrying
from accounts.actions import collect_bounces as collecting
from accounts.actions import complete_replacement as completing
from accounts.actions import deliver_webhook as delivering
from accounts.actions import end_access_grants as ending_grants
from accounts.actions import end_due_contracts as ending
from accounts.actions import follow_events as following
from accounts.actions import give_up_delivery as giving_up_delivery
from accounts.actions import give_up_notice as giving_up
from accounts.actions import mail_invitation as mailing
from accounts.actions import mail_notice as mailing_notice
from accounts.actions import remind_of_tokens as reminding
from accounts.actions import tell_of_document as telling
from accounts.queries.cases import replacement_waiting_for
from kernel import clock
from kernel.actor import Actor
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


def end_access_grants(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: write down which access grants are over, and tell what an order forbade to tell before."""
    ending_grants.end_access_grants(actor=Actor.system(job.kind), now=now)


def carry_out_cases(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: carry out the cases whose time to object is over."""
    carrying.carry_out_cases(actor=Actor.system(job.kind), now=now)


def complete_replacement(job: ClaimedJob, *, now: datetime) -> None:
    """When somebody joins: if a case has waited for this owner, those before become what was decided."""
    case_id = replacement_waiting_for(job.customer_id or "")
    if case_id is not None and job.payload["role"] == "owner":
        actor = Actor.system(job.kind, customer_id=job.customer_id)
        completing.complete_replacement(actor=actor, case_id=case_id, membership_id=job.payload["subject"], now=now)


def end_due_contracts(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: end the contracts whose last day is over."""
    ending.end_due_contracts(actor=Actor.system(job.kind), now=now)


def announce_documents(job: ClaimedJob, *, now: datetime) -> None:
    """After an announcement and scheduled: have those told who will be bound and do not know it yet."""
    announcing.announce_documents(now=now)


def tell_of_document(job: ClaimedJob, *, now: datetime) -> None:
    """Tell one customer of a version that is to come."""
    actor = Actor.system(job.kind, customer_id=job.customer_id)
    telling.tell_of_document(
        actor=actor, document_id=job.payload["document"], customer_id=job.customer_id or "", now=now
    )
