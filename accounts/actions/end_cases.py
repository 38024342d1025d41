"""Ends the open cases of a customer that is closed: there is nothing left to decide about."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._cases import held_case, move, tell
from accounts.models import Case, Customer
from accounts.rules.cases import OPEN, CaseState
from kernel.actor import Actor
from kernel.errors import NotFound


def end_cases(*, actor: Actor, customer_id: str, now: datetime) -> int:
    """How many were withdrawn (C4, C12); nobody is told, for nobody is there. May be repeated and killed anywhere.

    Their ten years count from now. Raises `NotFound` unless the customer is closed.
    """
    actor.require("customer.end")
    if not Customer.objects.filter(id=customer_id, status=Customer.Status.CLOSED).exists():
        raise NotFound
    ended = 0
    for case_id in Case.objects.filter(customer_id=customer_id, state__in=OPEN).values_list("id", flat=True):
        with transaction.atomic():
            case = held_case(case_id)
            if case.state not in OPEN:
                continue
            move(case, CaseState.WITHDRAWN)
            case.ended_at = now
            case.save(update_fields=["state", "ended_at"])
            tell(actor, case, "case.withdrawn", now=now)
            ended += 1
    return ended
