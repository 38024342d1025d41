"""The door for the queue."""

from __future__ import annotations

import logging
from datetime import datetime

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import ClaimedJob, on_abandoned
from sealing.actions import queue_renewals as queueing
from sealing.actions import renew_archives as renewing
from sealing.actions import seal_invoice as invoicing
from sealing.actions import seal_legal_documents as sealing_documents
from sealing.actions import seal_minutes as minuting
from sealing.actions._operator import OperatorSealMissing
from sealing.actions.close_abandoned_batch import close_abandoned_batch as close_abandoned
from sealing.actions.destroy_objects import destroy_objects as destroy
from sealing.actions.end_shares import end_shares as end
from sealing.actions.give_up_archiving import give_up_archiving
from sealing.actions.give_up_seal import give_up_seal
from sealing.actions.index_names import index_names as index
from sealing.actions.perform_archiving import perform_archiving as perform_ordered_archiving
from sealing.actions.perform_seal import perform_seal as perform

logger = logging.getLogger(__name__)


def _give_up(job: ClaimedJob, *, now: datetime) -> None:
    give_up_seal(job=job, seal_id=job.payload["subject"], now=now)


@on_abandoned(_give_up)
def perform_seal(job: ClaimedJob, *, now: datetime) -> None:
    perform(job=job, seal_id=job.payload["subject"], clock=clock.database_clock())


def seal_minutes(job: ClaimedJob, *, now: datetime) -> None:
    """Seal the minutes of a key ceremony whose certificate has just been put to use."""
    actor = Actor.system(job.kind, customer_id=job.customer_id)
    minuting.seal_minutes(actor=actor, order_id=job.payload["subject"], clock=clock.database_clock())


def seal_invoice(job: ClaimedJob, *, now: datetime) -> None:
    """Seal a finalised invoice with the operator's certificate, and file it."""
    actor = Actor.system(job.kind, customer_id=job.customer_id)
    invoicing.seal_invoice(actor=actor, invoice_id=job.payload["subject"], clock=clock.database_clock())


def seal_legal_documents(job: ClaimedJob, *, now: datetime) -> None:
    """After an announcement and scheduled: seal what has no file. Without the operator's seal it waits for the next."""
    try:
        sealing_documents.seal_legal_documents(actor=Actor.system(job.kind), clock=clock.database_clock())
    except OperatorSealMissing as missing:
        logger.warning("Legal documents wait for their seal: %s", missing.detail)


def close_abandoned_batch(job: ClaimedJob, *, now: datetime) -> None:
    close_abandoned(job=job, batch_id=job.payload["subject"], now=clock.database_clock()())


def destroy_objects(job: ClaimedJob, *, now: datetime) -> None:
    destroy(actor=_system(job), seal_id=job.payload["subject"], now=now)


def end_shares(job: ClaimedJob, *, now: datetime) -> None:
    end(actor=_system(job), member_id=job.payload["subject"], now=now)


def index_names(job: ClaimedJob, *, now: datetime) -> None:
    index(customer_id=job.customer_id or "")


def _give_up_archiving(job: ClaimedJob, *, now: datetime) -> None:
    give_up_archiving(job=job, archiving_id=job.payload["archiving"], now=now)


@on_abandoned(_give_up_archiving)
def perform_archiving(job: ClaimedJob, *, now: datetime) -> None:
    """Give a sealed file the archive timestamp that was ordered."""
    perform_ordered_archiving(job=job, archiving_id=job.payload["archiving"], clock=clock.database_clock())


def queue_renewals(job: ClaimedJob, *, now: datetime) -> None:
    """Scheduled: have each customer's archive timestamps looked at."""
    queueing.queue_renewals(now=now)


def renew_archives(job: ClaimedJob, *, now: datetime) -> None:
    """Order the renewals that are due for one customer."""
    renewing.renew_archives(actor=Actor.system(job.kind, customer_id=job.customer_id), now=now)


def _system(job: ClaimedJob) -> Actor:
    return Actor.system(job.kind, customer_id=job.customer_id)
