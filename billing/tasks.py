"""Billing's scheduled and queued work. Each task may run twice, late and in any order."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from billing.actions import align_subscription as aligning
from billing.actions import charge_saved_card as charging
from billing.actions import close_card_payments as closing_pages
from billing.actions import close_ended_periods as closings
from billing.actions import close_period as closing
from billing.actions import complete_saved_card as completing
from billing.actions import detach_card as detaching
from billing.actions import open_periods as openings
from billing.actions import queue_card_checks as checking
from billing.actions import settle_card_payment as settling
from billing.actions import settle_card_refund as refunding
from billing.actions import settle_psp_event as settling_event
from billing.actions import start_subscription as starting
from billing.gateways.psp import PspDown
from billing.queries.cards import cards_offered, saved_card_of
from billing.rules.periods import Interval
from kernel.actor import Actor
from kernel.jobs import ClaimedJob

logger = logging.getLogger(__name__)


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


def charge_saved_card(job: ClaimedJob, *, now: datetime) -> None:
    """An invoice was delivered, or its card was refused some days ago: charge the saved card, if there is one."""
    if cards_offered() and saved_card_of(str(job.customer_id)):
        with _later(job):
            charging.charge_saved_card(
                actor=_system(job),
                invoice_id=job.payload["subject"],
                attempt=job.payload.get("attempt", 1),
                now=now,
            )


def close_card_payments(job: ClaimedJob, *, now: datetime) -> None:
    """An invoice is paid: nobody needs its card page any more."""
    if cards_offered():
        with _later(job):
            closing_pages.close_card_payments(actor=_system(job), invoice_id=job.payload["subject"], now=now)


def settle_psp_event(job: ClaimedJob, *, now: datetime) -> None:
    """Fetch what a message of the card company is about."""
    settling_event.settle_psp_event(actor=_system(job), event_id=int(job.payload["subject"]), now=now)


def settle_card_payment(job: ClaimedJob, *, now: datetime) -> None:
    """Ask about one open card payment."""
    with _later(job):
        settling.settle_card_payment(actor=_system(job), card_payment_id=job.payload["subject"], now=now)


def settle_card_refund(job: ClaimedJob, *, now: datetime) -> None:
    """Have money given back, or ask whether it was."""
    with _later(job):
        refunding.settle_card_refund(actor=_system(job), refund_id=job.payload["subject"], now=now)


def complete_saved_card(job: ClaimedJob, *, now: datetime) -> None:
    """Ask whether a card was saved."""
    with _later(job):
        completing.complete_saved_card(actor=_system(job), saved_card_id=job.payload["subject"], now=now)


def detach_card(job: ClaimedJob, *, now: datetime) -> None:
    """Have a removed card forgotten."""
    detaching.detach_card(actor=_system(job), saved_card_id=job.payload["subject"], now=now)


def queue_card_checks(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: ask about all card payments, refunds and cards that have not come to an end."""
    if cards_offered():
        checking.queue_card_checks(actor=_system(job), now=now)


def _system(job: ClaimedJob) -> Actor:
    return Actor.system(job.kind, customer_id=job.customer_id)


@contextmanager
def _later(job: ClaimedJob) -> Iterator[None]:
    """What the card company does not answer now, `queue_card_checks` asks again: no use in trying every minute."""
    try:
        yield
    except PspDown as outage:
        logger.warning("%s %s: %s %s", job.kind, job.payload["subject"], outage.code, outage.reason)
