"""One of staff records a breach of personal data: its 72 hours count from the moment we knew."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kernel import outbox
from kernel.actor import Actor
from privacy.actions._breaches import note
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import DataBreach


def record_breach(
    *,
    actor: Actor,
    title: str,
    nature: str,
    aware_at: datetime,
    began_at: datetime | None,
    of_customers: bool,
    now: datetime,
) -> DataBreach:
    """The breach, open (clause E7, GDPR 33).

    `aware_at` is when we knew, `began_at` when it began as far as anybody knows, in UTC. `of_customers`: data that we
    process for customers are among it. Raises `Forbidden` for anybody but staff, and `InvalidInput` for the future.
    """
    require_staff(actor)
    if aware_at > now:
        raise _wrong("aware_at", "future", _("Nobody knows of a breach in the future."))
    with transaction.atomic():
        row = DataBreach.objects.create(
            title=title,
            nature=nature,
            aware_at=aware_at,
            began_at=began_at,
            of_customers=of_customers,
            recorded_by=actor.name,
            recorded_at=now,
        )
        note(actor, row, "breach.recorded", now=now, aware_at=aware_at.isoformat())
        outbox.emit("breach.recorded", now=now, customer_id=None, subject=row.id)
    return row
