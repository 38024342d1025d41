"""Passes a request on to a customer that staff name."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries.customers import customer_called
from kernel.actor import Actor
from privacy.actions._identity import forward
from privacy.actions._rights import RightsStepNotPossible, held_request
from privacy.actions._staff import require_staff, wrong
from privacy.models import RightsRequest
from privacy.rules.rights import RequestState


def forward_rights_request(*, actor: Actor, request_id: str, customer: str, now: datetime) -> RightsRequest:
    """The request, passed on to the customer with this id or portal address, whose clock runs from today (D9).

    The requester is not told. Raises `Forbidden` for anybody but staff, `NotFound`, `InvalidInput` for a customer that
    there is not or that has it already, `RightsStepNotPossible` while nobody has shown whose it is or when it is
    closed.
    """
    require_staff(actor)
    customer_id = customer_called(customer)
    if customer_id is None:
        raise wrong("customer", "not_found", _("There is no customer “%(name)s”.") % {"name": customer})
    with transaction.atomic():
        row = held_request(request_id)
        if row.closed_at is not None or row.facts.state is RequestState.RECEIVED:
            raise RightsStepNotPossible
        if not forward(actor, row, customer_id, now=now):
            raise wrong("customer", "repeated", _("It was passed on to this customer before."))
    return row
