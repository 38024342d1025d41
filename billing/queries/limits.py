"""What a customer wants to be told of and stopped at, and how far its months have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from billing.models import BillingPeriod, CostAlert, SpendingCap, ThresholdReached
from billing.queries import Usage, usage
from billing.rules.rating import amount
from billing.rules.thresholds import Cap, Threshold, ThresholdKind, affordable_seals, allowed_seals, reached
from kernel.actor import Actor


@dataclass(frozen=True, kw_only=True)
class LiveSealing:
    """Whether a customer may seal in live mode: it has a plan, and has not used up what its cap allows."""

    planned: bool
    capped: bool
    cap_amount: Decimal


# Asked with every seal that is accepted. The month's events are added up only for who has a cap; where nobody has
# opened the month yet, nothing was used in it.
_LIVE_SEALING = """
    SELECT cap.amount, cap.grace, month.included, month.overage_unit_price, month.used
      FROM billing_subscription subscription
      LEFT JOIN billing_spendingcap cap ON cap.customer_id = subscription.customer_id
      LEFT JOIN LATERAL (
           SELECT coalesce(special.included, version.included) AS included,
                  coalesce(special.overage_unit_price, version.overage_unit_price) AS overage_unit_price,
                  (SELECT coalesce(sum(quantity), 0) FROM billing_usageevent
                    WHERE billing_period_id = period.id AND meter = 'seal') AS used
             FROM billing_billingperiod period
             JOIN billing_planversion version ON version.id = period.plan_version_id
             LEFT JOIN billing_specialterms special ON special.id = period.special_terms_id
            WHERE period.customer_id = subscription.customer_id AND period.starts_at <= %(now)s
              AND period.ends_at > %(now)s AND cap.customer_id IS NOT NULL
            ORDER BY period.starts_at DESC LIMIT 1) month ON true
     WHERE subscription.customer_id = %(customer_id)s AND subscription.started_at <= %(now)s
       AND (subscription.ended_at IS NULL OR subscription.ended_at > %(now)s)
     LIMIT 1
"""


def live_sealing(*, customer_id: str, now: datetime) -> LiveSealing:
    """Plan and spending cap at `now`, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_SEALING, {"customer_id": customer_id, "now": now})
        row = cursor.fetchone()
    if row is None:
        return LiveSealing(planned=False, capped=False, cap_amount=Decimal(0))
    cap_amount, grace, included, price, used = row
    if cap_amount is None or price is None:
        return LiveSealing(planned=True, capped=False, cap_amount=Decimal(0))
    allowed = allowed_seals(included or 0, price, Cap(amount=cap_amount, grace=grace))
    return LiveSealing(planned=True, capped=allowed is not None and used >= allowed, cap_amount=cap_amount)


@dataclass(frozen=True, kw_only=True)
class CapView:
    """A spending cap as it stands in a month.

    `included_and_paid` is how many seals it pays for, the plan's own too, and `allowed` with its grace; None where
    seals beyond the plan are free. `spent` is what those beyond the plan have come to, in EUR without VAT.
    """

    amount: Decimal
    grace: int
    included_and_paid: int | None
    allowed: int | None
    spent: Decimal
    stopped: bool


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Alerts and cap of a customer, and which of them its current month has reached, and when."""

    usage: Usage
    alerts: list[CostAlert]
    cap: CapView | None
    reached_at: Mapping[tuple[str, Decimal], datetime]

    def was_reached(self, kind: str, at: Decimal | int) -> datetime | None:
        """When the current month came to a threshold; None if it has not."""
        return self.reached_at.get((kind, Decimal(at)))


def limits_seen_by(actor: Actor, *, now: datetime) -> Limits:
    """What the page of alerts and limits shows; raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    figures = usage(customer_id=actor.customer, now=now)
    rows = ThresholdReached.objects.filter(
        billing_period__customer_id=actor.customer, billing_period__starts_at=figures.period_start
    )
    return Limits(
        usage=figures,
        alerts=list(CostAlert.objects.filter(customer_id=actor.customer).order_by("amount")),
        cap=_cap_view(cap_of(actor.customer), figures),
        reached_at={(row.kind, row.threshold): row.reached_at for row in rows},
    )


def _cap_view(cap: Cap | None, figures: Usage) -> CapView | None:
    if cap is None:
        return None
    allowed = allowed_seals(figures.included, figures.overage_unit_price, cap)
    return CapView(
        amount=cap.amount,
        grace=cap.grace,
        included_and_paid=affordable_seals(figures.included, figures.overage_unit_price, cap),
        allowed=allowed,
        spent=amount(figures.overage, figures.overage_unit_price),
        stopped=bool(figures.plan_code) and allowed is not None and figures.used >= allowed,
    )


def cap_of(customer_id: str) -> Cap | None:
    """The customer's spending cap, if it has one."""
    row = SpendingCap.objects.filter(pk=customer_id).first()
    return Cap(amount=row.amount, grace=row.grace) if row else None


def thresholds_reached(*, customer_id: str, figures: Usage) -> list[Threshold]:
    """All thresholds of a customer that a month with these figures has reached, told before or not."""
    return reached(
        used=figures.used,
        included=figures.included,
        overage_unit_price=figures.overage_unit_price,
        cost=figures.cost_so_far,
        alerts=CostAlert.objects.filter(customer_id=customer_id).values_list("amount", flat=True),
        cap=cap_of(customer_id),
    )


# Everybody whose month has gone as far as the lowest threshold that it was not told of could lie: a few of all.
_CANDIDATES = """
    SELECT period.customer_id
      FROM billing_billingperiod period
      JOIN billing_planversion version ON version.id = period.plan_version_id
      LEFT JOIN billing_specialterms special ON special.id = period.special_terms_id
      LEFT JOIN billing_spendingcap cap ON cap.customer_id = period.customer_id
      CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS used FROM billing_usageevent
                           WHERE billing_period_id = period.id AND meter = 'seal') month
     WHERE period.state = 'open' AND period.starts_at <= %(now)s AND period.ends_at > %(now)s
       AND (cap.customer_id IS NOT NULL
            OR EXISTS (SELECT FROM billing_costalert alert WHERE alert.customer_id = period.customer_id)
            OR (month.used > 0 AND month.used * 100 >=
                coalesce(special.included, version.included) * %(share)s
                AND (SELECT count(*) FROM billing_thresholdreached told
                      WHERE told.billing_period_id = period.id AND told.kind = %(kind)s) < %(shares)s))
"""


def customers_to_check(*, now: datetime, share: int, shares: int) -> list[str]:
    """Whose current month may have reached a threshold that it was not told of.

    `share` is the lowest one in per cent, `shares` how many there are.
    """
    kind = ThresholdKind.SHARE.value
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, {"now": now, "share": share, "shares": shares, "kind": kind})
        return [customer_id for (customer_id,) in cursor.fetchall()]


def open_period_of(*, customer_id: str, starts_at: datetime) -> BillingPeriod | None:
    """The row of a month, once somebody has opened it."""
    return BillingPeriod.objects.filter(customer_id=customer_id, starts_at=starts_at).first()
