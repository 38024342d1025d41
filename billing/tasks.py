"""Billing's scheduled and queued work. Each task may run twice, late and in any order."""

from datetime import datetime
from decimal import Decimal

from billing.actions import align_subscription as aligning
from billing.actions import bill_interest as charging
from billing.actions import close_ended_periods as closings
from billing.actions import close_period as closing
from billing.actions import correct_interest as correcting
from billing.actions import credit_cut_term as crediting
from billing.actions import follow_up_customer as following
from billing.actions import follow_up_receivables as receivables
from billing.actions import invoice_customer as invoicing
from billing.actions import open_periods as openings
from billing.actions import queue_invoices as queueing
from billing.actions import release_deferred as releasing
from billing.actions import report_waiting_invoices as reporting
from billing.actions import restore_after_payment as restoring
from billing.actions import start_subscription as starting
from billing.rules.periods import Interval
from kernel.actor import Actor
from kernel.jobs import ClaimedJob


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


def follow_up_receivables(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue what is due for customers that owe."""
    receivables.follow_up_receivables(actor=Actor.system(job.kind), now=now)


def follow_up_customer(job: ClaimedJob, *, now: datetime) -> None:
    """Restore who has paid, take the steps that are due, and put late interest on a note: each for itself."""
    customer_id = job.payload.get("subject_customer") or str(job.customer_id)
    actor = Actor.system(job.kind, customer_id=customer_id)
    restoring.restore_after_payment(actor=actor, customer_id=customer_id, now=now)
    following.follow_up_customer(actor=actor, customer_id=customer_id, now=now)
    correcting.correct_interest(actor=actor, customer_id=customer_id, now=now)
    charging.bill_interest(actor=actor, customer_id=customer_id, now=now)


def invoice_customer(job: ClaimedJob, *, now: datetime) -> None:
    """Invoice what is due of the job's customer: a month was closed, a term began, or the sweep found something."""
    actor = Actor.system(job.kind, customer_id=job.customer_id)
    invoicing.invoice_customer(actor=actor, customer_id=str(job.customer_id), now=now)


def credit_cut_term(job: ClaimedJob, *, now: datetime) -> None:
    """Give back the months of a term that was cut short."""
    crediting.credit_cut_term(
        actor=Actor.system(job.kind, customer_id=job.customer_id),
        term_id=int(job.payload["term"]),
        ends_at=datetime.fromisoformat(job.payload["ends_at"]),
        months=int(job.payload["months"]),
        net=Decimal(job.payload["net"]),
        now=now,
    )


def queue_invoices(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue the invoicing of every customer that has something to be invoiced."""
    queueing.queue_invoices(actor=Actor.system(job.kind), now=now)


def release_deferred(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: turn fees paid in advance into revenue, for the months that are over."""
    releasing.release_deferred(actor=Actor.system(job.kind), now=now)


def report_waiting_invoices(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: tell staff of what should be invoiced and is not."""
    reporting.report_waiting_invoices(actor=Actor.system(job.kind), now=now)
