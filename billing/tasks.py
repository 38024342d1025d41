"""Billing's scheduled and queued work. Each task may run twice, late and in any order."""

from datetime import datetime

from django.conf import settings

from billing.actions import align_subscription as aligning
from billing.actions import apply_credit as applying
from billing.actions import close_ended_periods as closings
from billing.actions import close_period as closing
from billing.actions import collect_statements as collecting
from billing.actions import match_payment as matching
from billing.actions import open_periods as openings
from billing.actions import start_subscription as starting
from billing.queries.receivables import credit_of
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


def match_payment(job: ClaimedJob, *, now: datetime) -> None:
    """Find out whose an imported payment is, and settle what it names."""
    matching.match_payment(actor=Actor.system(job.kind), payment_id=job.payload["subject"], now=now)


def apply_credit(job: ClaimedJob, *, now: datetime) -> None:
    """Use the customer's credit, if there is any, for the invoice that was just issued."""
    customer_id = str(job.customer_id)
    if credit_of(customer_id) > 0:
        applying.apply_credit(actor=Actor.system(job.kind, customer_id=customer_id), customer_id=customer_id, now=now)


def collect_statements(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: import the bank statements that were put into the watched folder, if there is one."""
    if settings.CAMT_FOLDER:
        collecting.collect_statements(actor=Actor.system(job.kind), folder=settings.CAMT_FOLDER, now=now)
