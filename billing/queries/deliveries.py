"""How one delivery was counted, for whoever may see what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from billing.models import Meter, UsageEvent


@dataclass(frozen=True, kw_only=True)
class MeteredDelivery:
    """The usage event of one delivery, its billing period [`period_start`, `period_end`), and whose prices hold there.

    `late`: it is counted in a later period than the one in which it happened. The prices of a plan are those that
    hold from `prices_from`.
    """

    id: int
    meter: str
    quantity: int
    occurred_at: datetime
    late: bool
    period_start: datetime
    period_end: datetime
    plan_code: str
    prices_from: date


def metered_delivery(*, customer_id: str, source_id: str, source_type: str = "seal") -> MeteredDelivery | None:
    """How one delivery of the customer was counted; None if it was not. Never changes once it is there."""
    event = (
        UsageEvent.objects.filter(
            customer_id=customer_id, meter=Meter.SEAL, source_type=source_type, source_id=source_id
        )
        .select_related("billing_period__plan_version")
        .first()
    )
    if event is None:
        return None
    period = event.billing_period
    return MeteredDelivery(
        id=event.pk,
        meter=event.meter,
        quantity=event.quantity,
        occurred_at=event.occurred_at,
        late=event.late,
        period_start=period.starts_at,
        period_end=period.ends_at,
        plan_code=period.plan_version.plan_id,
        prices_from=period.plan_version.effective_on,
    )
