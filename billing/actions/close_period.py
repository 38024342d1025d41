"""Fix what was used in a billing period that has ended."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.models import BillingPeriod, Meter, MeterReading
from billing.queries.levels import highest_levels
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import NotFound, Refusal
from kernel.outbox import emit


class PeriodAlreadyClosed(Refusal):
    code = "period_already_closed"
    status = 409
    title = _("This billing period was closed before.")


class PeriodNotEnded(Refusal):
    code = "period_not_ended"
    title = _("This billing period has not ended yet.")


class EarlierPeriodOpen(Refusal):
    """Months are closed one at a time and in order, however many were missed."""

    code = "earlier_period_open"
    title = _("An earlier billing period has to be closed first.")


_LOCK = "SELECT pg_advisory_xact_lock(billing_usage_lock(%s))"


@transaction.atomic
def close_period(*, actor: Actor, period_id: int, now: datetime) -> None:
    """Close a period: store the sum of each meter's events, or its highest level, as its reading, for good (B3, B7).

    Waits for the customer's publishing transactions under way and makes later ones wait for it, so each
    event is in the sum or in the next period. Emits `billing_period.closed`.

    Raises `NotFound`, `PeriodAlreadyClosed`, `PeriodNotEnded`, `EarlierPeriodOpen`.
    """
    actor.require("billing.manage")
    period = _locked(period_id)
    if period.state == BillingPeriod.State.CLOSED:
        raise PeriodAlreadyClosed
    if now < period.ends_at:
        raise PeriodNotEnded
    if period.subscription.periods.filter(state=BillingPeriod.State.OPEN, ends_at__lt=period.ends_at).exists():
        raise EarlierPeriodOpen
    quantities = (
        {Meter.SEAL.value: 0}
        | dict(period.events.order_by().values_list("meter").annotate(total=Sum("quantity")))
        | highest_levels(customer_id=period.customer_id, span=period.span, zone=period.subscription.zone)
    )
    MeterReading.objects.bulk_create(
        MeterReading(billing_period=period, meter=meter, quantity=quantity) for meter, quantity in quantities.items()
    )
    period.state, period.closed_at = BillingPeriod.State.CLOSED, now
    period.save(update_fields=["state", "closed_at"])
    _tell(actor, period, quantities, now)


def _locked(period_id: int) -> BillingPeriod:
    periods = BillingPeriod.objects.filter(pk=period_id)
    customer_id = periods.values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise NotFound
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [customer_id])
    # Read after the lock was granted, in a statement of its own: this one sees what the others committed.
    return periods.select_related("subscription").select_for_update(of=("self",), no_key=True).get()


def _tell(actor: Actor, period: BillingPeriod, quantities: dict[str, int], now: datetime) -> None:
    subject = str(period.pk)
    facts = {"starts_at": period.starts_at.isoformat(), "quantities": quantities}
    record(
        actor=actor,
        action="billing_period.closed",
        now=now,
        customer_id=period.customer_id,
        subject=subject,
        details=facts,
    )
    emit("billing_period.closed", now=now, customer_id=period.customer_id, subject=subject, payload=facts)
