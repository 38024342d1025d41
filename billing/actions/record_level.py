"""Note how many users and gigabytes one customer has today."""

from datetime import datetime

from django.db import transaction

from accounts.queries import active_members
from billing.models import Meter, MeterLevel
from billing.rules.periods import legal_date
from billing.rules.storage import gigabytes
from kernel.actor import Actor
from kernel.clock import legal_zone


@transaction.atomic
def record_level(*, actor: Actor, customer_id: str, stored: int, now: datetime) -> bool:
    """Keep today's number of active members and of gigabytes, as evidence for the invoice (B7).

    `stored` in bytes. The first of a day stays; returns whether it was this one. Raises IntegrityError when the billing
    period of today is closed, which it cannot be.
    """
    actor.require("billing.manage")
    today = legal_date(now, legal_zone())
    if MeterLevel.objects.filter(customer_id=customer_id, on=today).exists():
        return False
    levels = {Meter.EXTRA_USER: active_members(customer_id), Meter.STORAGE_GB: gigabytes(stored)}
    MeterLevel.objects.bulk_create(
        [
            MeterLevel(customer_id=customer_id, on=today, meter=meter, quantity=quantity, recorded_at=now)
            for meter, quantity in levels.items()
        ],
        ignore_conflicts=True,
    )
    return True
