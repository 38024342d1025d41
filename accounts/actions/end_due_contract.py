"""Ends a contract whose last day is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._ending import ContractEnded, carry_out, held_customer
from accounts.models import Ending
from kernel.actor import Actor
from kernel.errors import NotFound


def end_due_contract(*, actor: Actor, ending_id: str, now: datetime) -> bool:
    """Whether the contract ended now (C6, C7, C8).

    It may run twice, at once or late: what was withdrawn or carried out meanwhile is left alone, and the dates are
    those that were told. Raises `NotFound` when there is no such ending.
    """
    actor.require("customer.end")
    customer_id = Ending.objects.filter(id=ending_id).values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise NotFound
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
