"""One of staff lets go what the brake has stopped."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import NotFound, Refusal
from privacy.actions._staff import require_staff
from privacy.models import RetentionRun

State = RetentionRun.State


class RunNotBraked(Refusal):
    """Only what waits today can be released: tomorrow it is counted anew."""

    code = "run_not_braked"
    status = 409
    title = _("This run does not wait for anybody any more. Look at today’s.")


def release_retention_run(*, actor: Actor, run_id: str, now: datetime) -> RetentionRun:
    """The run, released: so many as were planned may go, by this rule in this store, today.

    Raises `Forbidden` for anybody but staff, `NotFound`, and `RunNotBraked`.
    """
    require_staff(actor)
    with transaction.atomic():
        row = RetentionRun.objects.select_for_update().filter(id=run_id).first()
        if row is None:
            raise NotFound
        if row.state != State.BRAKED or row.day != legal_date(now):
            raise RunNotBraked
        row.state, row.allowed = State.RELEASED, row.planned
        row.released_by, row.release_reason = actor.name, actor.reason
        row.save(update_fields=["state", "allowed", "released_by", "release_reason"])
        facts = {"rule": row.rule, "store": row.store, "planned": row.planned}
        audit.record(actor=actor, action="retention_run.released", now=now, subject=row.id, details=facts)
        outbox.emit("retention_run.released", now=now, customer_id=None, subject=row.id)
    return row
