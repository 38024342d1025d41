"""Billing's scheduled and queued work. Each task may run twice, late and in any order."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.module_loading import import_string

from billing.actions import align_subscription as aligning
from billing.actions import apply_credit as applying
from billing.actions import bill_interest as billing_interest
from billing.actions import charge_add_ons as charging
from billing.actions import charge_saved_card as charging_card
from billing.actions import check_all_thresholds as looking
from billing.actions import check_thresholds as checking
from billing.actions import close_card_payments as closing_pages
from billing.actions import close_ended_periods as closings
from billing.actions import close_period as closing
from billing.actions import collect_statements as collecting
from billing.actions import complete_saved_card as completing
from billing.actions import correct_interest as correcting
from billing.actions import credit_cut_term as crediting
from billing.actions import deliver_invoice as delivering
from billing.actions import detach_card as detaching
from billing.actions import finish_subscriptions as finishing
from billing.actions import follow_up_customer as following
from billing.actions import follow_up_receivables as receivables
from billing.actions import give_price_notices as noticing
from billing.actions import give_up_mail as giving_up
from billing.actions import invoice_customer as invoicing
from billing.actions import mail_demand as mailing_demand
from billing.actions import mail_invoice as mailing
from billing.actions import match_payment as matching
from billing.actions import open_periods as openings
from billing.actions import queue_card_checks as checking_cards
from billing.actions import queue_invoices as queueing
from billing.actions import record_level as measuring
from billing.actions import record_levels as measurings
from billing.actions import release_deferred as releasing
from billing.actions import remind_of_excess as reminding
from billing.actions import report_waiting_invoices as reporting
from billing.actions import restore_after_payment as restoring
from billing.actions import settle_card_payment as settling
from billing.actions import settle_card_refund as refunding
from billing.actions import settle_psp_event as settling_event
from billing.actions import start_subscription as starting
from billing.gateways.psp import PspDown
from billing.queries.cards import cards_offered, saved_card_of
from billing.queries.receivables import credit_of
from billing.rules.periods import Interval
from kernel.actor import Actor
from kernel.jobs import ClaimedJob, on_abandoned

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


def give_price_notices(job: ClaimedJob, *, now: datetime) -> None:
    """Tell who has a plan of its new prices; scheduled, too, for who has come to have it since."""
    noticing.give_price_notices(actor=Actor.system(job.kind), now=now)


def charge_add_ons(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: charge the months that have begun of monthly additional services."""
    charging.charge_add_ons(actor=Actor.system(job.kind), now=now)


def record_levels(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: queue a look at each customer's users and storage, once a day."""
    measurings.record_levels(actor=Actor.system(job.kind), now=now)


def record_level(job: ClaimedJob, *, now: datetime) -> None:
    """Look at one customer's users and storage."""
    stored: int = import_string(settings.STORED_BYTES)()
    measuring.record_level(
        actor=Actor.system(job.kind, customer_id=job.customer_id),
        customer_id=str(job.customer_id),
        stored=stored,
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
    billing_interest.bill_interest(actor=actor, customer_id=customer_id, now=now)


def invoice_customer(job: ClaimedJob, *, now: datetime) -> None:
    """Invoice what is due of the job's customer: a month was closed, a term began, or the sweep found something."""
    customer_id = str(job.customer_id or job.payload["customer"])
    invoicing.invoice_customer(actor=Actor.system(job.kind, customer_id=customer_id), customer_id=customer_id, now=now)


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


def finish_subscriptions(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: settle what is left of subscriptions that have ended."""
    finishing.finish_subscriptions(actor=Actor.system(job.kind), now=now)


def remind_of_excess(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: give notice of data that a smaller plan has no room for."""
    reminding.remind_of_excess(actor=Actor.system(job.kind), now=now)


def check_all_thresholds(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: look for months that have reached a threshold."""
    looking.check_all_thresholds(actor=Actor.system(job.kind), now=now)


def check_thresholds(job: ClaimedJob, *, now: datetime) -> None:
    """Tell the one customer of what its month has reached."""
    checking.check_thresholds(
        actor=Actor.system(job.kind, customer_id=job.customer_id), customer_id=str(job.customer_id), now=now
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


def charge_saved_card(job: ClaimedJob, *, now: datetime) -> None:
    """An invoice was delivered, or its card was refused some days ago: charge the saved card, if there is one."""
    if cards_offered() and saved_card_of(str(job.customer_id)):
        with _later(job):
            charging_card.charge_saved_card(
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
        checking_cards.queue_card_checks(actor=_system(job), now=now)


def _system(job: ClaimedJob) -> Actor:
    return Actor.system(job.kind, customer_id=job.customer_id)


@contextmanager
def _later(job: ClaimedJob) -> Iterator[None]:
    """What the card company does not answer now, `queue_card_checks` asks again: no use in trying every minute."""
    try:
        yield
    except PspDown as outage:
        logger.warning("%s %s: %s %s", job.kind, job.payload["subject"], outage.code, outage.reason)


def deliver_invoice(job: ClaimedJob, *, now: datetime) -> None:
    """Give notice of a document whose files are kept, and queue its mails."""
    actor = Actor.system(job.kind, customer_id=job.customer_id)
    delivering.deliver_invoice(actor=actor, invoice_id=job.payload["subject"], now=now)


def give_up_mail(job: ClaimedJob, *, now: datetime) -> None:
    """Something of ours failed each time; in the portal the invoice is."""
    giving_up.give_up_mail(mail_id=job.payload["mail"])


def mail_demand(job: ClaimedJob, *, now: datetime) -> None:
    """Mail what is demanded of a closed customer to one of its billing addresses."""
    told = job.payload
    mailing_demand.mail_demand(notice_id=told["notice"], invoice_id=told["invoice"], place=told["place"], now=now)


@on_abandoned(give_up_mail)
def mail_invoice(job: ClaimedJob, *, now: datetime) -> None:
    """Mail an invoice to one billing address."""
    mailing.mail_invoice(mail_id=job.payload["mail"], now=now)
