"""Ends the contracts whose last day is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._ending import ContractEnded, carry_out, held_customer
from accounts.models import Ending
from kernel.actor import Actor


def end_due_contracts(*, actor: Actor, now: datetime) -> int:
    """Carry out every ending that has come, each in a transaction of its own; returns how many (C6, C7, C8).

    It may run twice, at once or late: what was withdrawn or carried out meanwhile is left alone, and the dates are
    those that were told.
    """
    actor.require("customer.end")
    due = Ending.objects.due(now).order_by("ends_at").values_list("id", "customer_id")
    return sum(_end(actor, ending_id, customer_id, now) for ending_id, customer_id in list(due))


def _end(actor: Actor, ending_id: str, customer_id: str, now: datetime) -> bool:
    with transaction.atomic():
        try:
            held_customer(customer_id)
        except ContractEnded:
            return False
        ending = Ending.objects.due(now).filter(id=ending_id).first()
        if ending is None:
            return False
        carry_out(actor=actor, ending=ending, now=now)
    return True
