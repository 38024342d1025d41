"""Tell staff of what should be invoiced and is not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.queries import staff_people
from billing.models import BillingPeriod, BillingRun, Invoice
from billing.rules.invoicing import is_alarming, late_from, next_until, run_month
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.clock import legal_zone


@transaction.atomic
def report_waiting_invoices(*, actor: Actor, now: datetime) -> int:
    """Tell staff once of each run that is held for more than a day, or not issued by the 8th of the next month;
    returns how many. The law gives until the 10th. A month that was never closed counts, too."""
    actor.require("billing.manage")
    _note_unclosed(now)
    zone, alarming = legal_zone(), []
    for run in BillingRun.objects.select_for_update().filter(state=BillingRun.State.WAITING, alarmed_at=None):
        draft = Invoice.objects.filter(customer_id=run.customer_id, kind="invoice", run_key=run.key).first()
        held_since = draft.held_since if draft else None
        if is_alarming(held_since=held_since, late_from=late_from(run.until, zone), now=now):
            alarming.append(run.pk)
    if alarming:
        BillingRun.objects.filter(pk__in=alarming).update(alarmed_at=now)
        give_notice(
            kind="invoice.waiting",
            customer_id=None,
            now=now,
            people=staff_people(),
            facts={"count": len(alarming)},
        )
    return len(alarming)


def _note_unclosed(now: datetime) -> None:
    """A run for each month that is over and late, and whose figures nobody has fixed."""
    zone = legal_zone()
    for period in BillingPeriod.objects.filter(state=BillingPeriod.State.OPEN, ends_at__lte=now):
        if now >= late_from(period.ends_at, zone):
            until = next_until(legal_date(period.starts_at, zone), zone)
            BillingRun.objects.get_or_create(
                customer_id=period.customer_id,
                key=run_month(until, zone),
                defaults={"until": until, "begun_at": now},
            )
