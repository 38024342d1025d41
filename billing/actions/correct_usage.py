"""Take back what was counted wrongly."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.actions.record_usage import AlreadyMetered, record_usage
from billing.models import UsageCorrection, UsageEvent
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.outbox import emit

CORRECTION = "correction"


class AlreadyCorrected(Refusal):
    """A usage event is taken back once."""

    code = "already_corrected"
    status = 409
    title = _("This was taken back before.")


class NotCorrectable(Refusal):
    """A reversal is not reversed: what was delivered after all is recorded by itself."""

    code = "not_correctable"
    title = _("This is itself a correction.")


def correct_usage(*, actor: Actor, event_id: int, now: datetime) -> int:
    """Write the event that reverses another, with what the actor gave as the reason. Both stay (B7). Staff only.

    It has the moment of what it reverses: in an open month both cancel out there, and after the month was closed the
    reversal lowers the count of the next open month, marked late. No reading and no invoice changes. Returns the id of
    the reversal. Emits `usage.corrected`.

    Raises `Forbidden`, `NotFound`, `AlreadyCorrected`, `NotCorrectable`.
    """
    if actor.kind != "staff" or not actor.reason:
        raise Forbidden
    event = UsageEvent.objects.filter(pk=event_id).first()
    if event is None:
        raise NotFound
    if event.source_type == CORRECTION:
        raise NotCorrectable
    try:
        with transaction.atomic():
            return _reverse(actor, event, now)
    except (AlreadyMetered, IntegrityError) as error:  # two members of staff at once, too
        raise AlreadyCorrected from error


def _reverse(actor: Actor, event: UsageEvent, now: datetime) -> int:
    reversal_id = record_usage(
        customer_id=event.customer_id,
        source_type=CORRECTION,
        source_id=str(event.pk),
        meter=event.meter,
        quantity=-event.quantity,
        occurred_at=event.occurred_at,
        now=now,
        member_id=event.member_id,
        token_id=event.token_id,
    )
    UsageCorrection.objects.create(
        corrected=event,
        reversal_id=reversal_id,
        reason=actor.reason,
        corrected_by=actor.name,
        corrected_at=now,
    )
    facts = {"source": event.source_id, "quantity": -event.quantity, "event": event.pk, "reversal": reversal_id}
    subject = str(event.pk)
    record(
        actor=actor,
        action="usage.corrected",
        now=now,
        customer_id=event.customer_id,
        subject=subject,
        details=facts,
    )
    emit("usage.corrected", now=now, customer_id=event.customer_id, subject=subject, payload=facts)
    return reversal_id
