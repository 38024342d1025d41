"""Announces that somebody new will work on customers' data for us."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries import open_customers
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import SubProcessor
from privacy.rules.sub_processors import earliest_start


@dataclass(frozen=True, slots=True)
class SubProcessorFacts:
    """Who it is, where (ISO 3166), what for, which data, and why these may go there (`TransferGround`)."""

    name: str
    country: str
    purpose: str
    categories: str
    transfer_ground: str


def announce_sub_processor(
    *, actor: Actor, facts: SubProcessorFacts, starts_on: date | None, now: datetime
) -> SubProcessor:
    """The sub-processor, in use from `starts_on`, or from the earliest day if none is given.

    Every customer is told by a notice, and it begins 30 days after that at the earliest (GDPR 28 (2)). While there is
    no customer, any day will do. Raises `Forbidden` for anybody but staff, and `InvalidInput` for an earlier day.
    """
    require_staff(actor)
    today, customers = legal_date(now), len(open_customers())
    earliest = earliest_start(today, customers=customers)
    if starts_on is not None and starts_on < earliest:
        words = _("Customers must be told 30 days before: %(day)s at the earliest.") % {"day": earliest.isoformat()}
        raise _wrong("starts_on", "too_early", words)
    with transaction.atomic():
        row = SubProcessor.objects.create(
            **asdict(facts),
            initial=not customers,
            announced_on=today,
            starts_on=starts_on or max(earliest, today),
            recorded_by=actor.name,
        )
        told = {"name": row.name, "starts_on": row.starts_on.isoformat()}
        audit.record(actor=actor, action="sub_processor.announced", now=now, subject=row.id, details=told)
        outbox.emit("sub_processor.announced", now=now, customer_id=None, subject=row.id)
    return row
