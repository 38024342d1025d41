"""Billing's scheduled and queued work. Each task may run twice, late and in any order."""

from datetime import datetime

from billing.actions import align_subscription as aligning
from billing.actions import check_all_thresholds as looking
from billing.actions import check_thresholds as checking
from billing.actions import close_ended_periods as closings
from billing.actions import close_period as closing
from billing.actions import open_periods as openings
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


def check_all_thresholds(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: look for months that have reached a threshold."""
    looking.check_all_thresholds(actor=Actor.system(job.kind), now=now)


def check_thresholds(job: ClaimedJob, *, now: datetime) -> None:
    """Tell the one customer of what its month has reached."""
    checking.check_thresholds(
        actor=Actor.system(job.kind, customer_id=job.customer_id), customer_id=str(job.customer_id), now=now
    )
