"""A customer notes how a request ended that was passed on to it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from privacy.models import ForwardedRequest


class ForwardedRequestClosed(Refusal):
    """What was noted stays."""

    code = "forwarded_request_closed"
    status = 409
    title = _("This request is closed already.")


def close_forwarded_request(
    *, actor: Actor, forwarded_id: str, answered: bool, note: str, now: datetime
) -> ForwardedRequest:
    """The request, answered by the customer or not its to answer, with a note for its own records (D9).

    We tell the requester nothing of it: the customer has done. Raises `Forbidden` without `customer.manage`, `NotFound`
    for another customer's, `ForwardedRequestClosed`.
    """
    actor.require("customer.manage")
    with transaction.atomic():
        rows = ForwardedRequest.objects.select_for_update().filter(id=forwarded_id, customer_id=actor.customer)
        row = rows.first()
        if row is None:
            raise NotFound
        if row.closed_at is not None:
            raise ForwardedRequestClosed
        row.state = ForwardedRequest.State.ANSWERED if answered else ForwardedRequest.State.DISMISSED
        row.note, row.closed_at, row.closed_by = note.strip(), now, actor.name
        row.save(update_fields=["state", "note", "closed_at", "closed_by"])
        facts = {"state": row.state}
        audit.record(actor=actor, action="rights_request.closed", now=now, subject=row.id, details=facts)
        outbox.emit("rights_request.closed", now=now, customer_id=actor.customer, subject=row.id, payload=facts)
    return row
