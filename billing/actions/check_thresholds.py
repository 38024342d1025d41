"""Tell a customer of the thresholds that its month has reached."""

from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts.actions.give_notice import give_notice
from billing.models import BillingPeriod
from billing.queries import Usage, usage
from billing.queries.limits import cap_of, open_period_of, thresholds_reached
from billing.rules.thresholds import Threshold, ThresholdKind
from kernel.actor import Actor
from kernel.outbox import emit

_ONCE = """
    INSERT INTO billing_thresholdreached (billing_period_id, kind, threshold, used, reached_at)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT (billing_period_id, kind, threshold) DO NOTHING RETURNING id
"""
_NOTICES = {
    ThresholdKind.SHARE: "usage.share_reached",
    ThresholdKind.COST: "usage.cost_reached",
    ThresholdKind.CAP: "spending_cap.reached",
    ThresholdKind.STOP: "spending_cap.exhausted",
}


@transaction.atomic
def check_thresholds(*, actor: Actor, customer_id: str, now: datetime) -> list[Threshold]:
    """Write down each threshold that the current month has newly reached and tell of it; returns those.

    Each is told once a month: of two that look at once the second waits for the first, and finds its row. Of several
    of one kind at one time, the highest is told to people; programs are told of each. Emits
    `usage.threshold_reached`, and gives notice to those who read bills.
    """
    actor.require("billing.manage")
    figures = usage(customer_id=customer_id, now=now)
    period = open_period_of(customer_id=customer_id, starts_at=figures.period_start)
    if period is None:
        return []
    reached = thresholds_reached(customer_id=customer_id, figures=figures)
    new = [each for each in reached if _is_first(period, each, figures.used, now)]
    for threshold in new:
        _emit(period, threshold, figures, now)
    for threshold in {each.kind: each for each in new}.values():  # the last of each kind is its highest
        _tell(period, threshold, figures, now)
    return new


def _is_first(period: BillingPeriod, threshold: Threshold, used: int, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_ONCE, [period.pk, threshold.kind.value, threshold.at, used, now])
        return cursor.fetchone() is not None


def _emit(period: BillingPeriod, threshold: Threshold, figures: Usage, now: datetime) -> None:
    facts = {
        "kind": threshold.kind.value,
        "threshold": str(threshold.at),
        "period": f"{figures.starts_on:%Y-%m}",
        "used": figures.used,
        "included": figures.included,
    }
    subject = str(period.pk)
    emit("usage.threshold_reached", now=now, customer_id=period.customer_id, subject=subject, payload=facts)


def _tell(period: BillingPeriod, threshold: Threshold, figures: Usage, now: datetime) -> None:
    cap = cap_of(period.customer_id)
    facts = {
        "threshold": _plain(threshold),
        "month_on": figures.starts_on.isoformat(),
        "used": figures.used,
        "included": figures.included,
        "cost": str(figures.cost_so_far),
        "overage_unit_price": str(figures.overage_unit_price),
        "grace": cap.grace if cap else 0,
    }
    give_notice(
        kind=_NOTICES[threshold.kind],
        customer_id=period.customer_id,
        now=now,
        permission="billing.read",
        facts=facts,
        subject=str(period.pk),
    )


def _plain(threshold: Threshold) -> str:
    at: Decimal = threshold.at
    return f"{at:.0f}" if threshold.kind is ThresholdKind.SHARE else f"{at:.2f}"
