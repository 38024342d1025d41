"""Billing's scheduled and queued work. Each task may run twice, late and in any order."""

from datetime import datetime

from billing.actions import align_subscription as aligning
from billing.actions import close_ended_periods as closings
from billing.actions import close_period as closing
from billing.actions import deliver_invoice as delivering
from billing.actions import give_up_mail as giving_up
from billing.actions import mail_invoice as mailing
from billing.actions import open_periods as openings
from billing.actions import start_subscription as starting
from billing.rules.periods import Interval
from kernel.actor import Actor
from kernel.jobs import ClaimedJob, on_abandoned


def start_subscription(job: ClaimedJob, *, now: datetime) -> None:
    """Put a new customer on the plan it chose when the account was made, if it chose one."""
    if plan_code := job.payload.get("plan_code"):
        starting.start_subscription(
            actor=Actor.system(job.kind, customer_id=job.customer_id),
            customer_id=job.payload["subject"],
            plan_code=plan_code,
            interval=job.payload.get("interval", Interval.MONTH),
            now=now,
        )


def open_periods(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: open the billing periods that have begun."""
    openings.open_periods(actor=Actor.system(job.kind), now=now)


def close_ended_periods(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the closing of the billing periods that have ended."""
    closings.close_ended_periods(actor=Actor.system(job.kind), now=now)


def close_period(job: ClaimedJob, *, now: datetime) -> None:
    """Close the one period named in the job."""
    closing.close_period(actor=Actor.system(job.kind), period_id=job.payload["period_id"], now=now)


def align_subscription(job: ClaimedJob, *, now: datetime) -> None:
    """The subscription ends when the contract does, or goes on with it."""
    aligning.align_subscription(
        actor=Actor.system(job.kind, customer_id=job.customer_id),
        customer_id=str(job.customer_id),
        told_end=datetime.fromisoformat(job.payload["ends_at"]),
        now=now,
    )


def deliver_invoice(job: ClaimedJob, *, now: datetime) -> None:
    """Give notice of a document whose files are kept, and queue its mails."""
    actor = Actor.system(job.kind, customer_id=job.customer_id)
    delivering.deliver_invoice(actor=actor, invoice_id=job.payload["subject"], now=now)


def give_up_mail(job: ClaimedJob, *, now: datetime) -> None:
    """Something of ours failed each time; in the portal the invoice is."""
    giving_up.give_up_mail(mail_id=job.payload["mail"])


@on_abandoned(give_up_mail)
def mail_invoice(job: ClaimedJob, *, now: datetime) -> None:
    """Mail an invoice to one billing address."""
    mailing.mail_invoice(mail_id=job.payload["mail"], now=now)
