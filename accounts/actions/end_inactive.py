"""Ends the contract of a free account that nobody uses (clause C9)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts.actions._ending import ContractEnded, ask_for_end, held_customer
from accounts.models import Customer, Ending
from accounts.queries.activity import activity_of
from accounts.rules.endings import Dates, Ground
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import NotFound


def end_inactive(*, actor: Actor, customer_id: str, last_on: date, now: datetime) -> bool:
    """True once the contract has ended, at `now`, and its content is due at once: everybody was told before.

    False, and nothing is changed, when the customer was in use after the legal day `last_on`, or does not work normally
    any more. Whether it is free is the caller's question, asked in the same transaction.
    """
    actor.require("customer.end")
    with transaction.atomic():
        try:
            customer = held_customer(customer_id)
        except (NotFound, ContractEnded):
            return False
        seen = activity_of(customer_id)
        if customer.status != Customer.Status.ACTIVE or seen is None or seen.last_on != last_on:
            return False
        ask_for_end(
            actor=actor,
            customer=customer,
            by=Ending.By.OPERATOR,
            ground=Ground.INACTIVITY,
            noticed_on=legal_date(now),
            dates=Dates(now, now),
            now=now,
        )
    return True
