"""Ends a sub-processor, or gives one up before it began."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import SubProcessor
from privacy.rules.sub_processors import last_day_of_use


class SubProcessorEnded(Refusal):
    """It has an end already."""

    code = "sub_processor_ended"
    status = 409
    title = _("This sub-processor has an end already.")


def end_sub_processor(*, actor: Actor, sub_processor_id: str, ends_on: date, now: datetime) -> SubProcessor:
    """The sub-processor, gone from `ends_on` on; one that has not begun by then never will.

    Raises `Forbidden` for anybody but staff, `NotFound`, `InvalidInput` for a day that is over, `SubProcessorEnded`.
    """
    require_staff(actor)
    if ends_on < legal_date(now):
        raise _wrong("ends_on", "past", str(_("This day is over.")))
    with transaction.atomic():
        row = SubProcessor.objects.select_for_update().filter(id=sub_processor_id).first()
        if row is None:
            raise NotFound
        if row.ends_on is not None:
            raise SubProcessorEnded
        row.ends_on = last_day_of_use(asked=ends_on, starts_on=row.starts_on)
        row.save(update_fields=["ends_on"])
        told = {"name": row.name, "ends_on": row.ends_on.isoformat()}
        audit.record(actor=actor, action="sub_processor.ended", now=now, subject=row.id, details=told)
        outbox.emit("sub_processor.ended", now=now, customer_id=None, subject=row.id)
    return row
