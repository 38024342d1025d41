"""Ends a contract because the operator says so, or announces that it will."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actions._ending import ask_for_end, held_customer
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Ending
from accounts.rules.endings import Ground, operators_end
from kernel.actor import Actor
from kernel.clock import legal_date, legal_zone
from kernel.errors import Forbidden


def give_end_notice(*, actor: Actor, customer_id: str, ground: Ground, now: datetime) -> Ending:
    """Give the customer notice that its contract ends (B14, C7). For staff, whose reason the customer reads.

    Notice counts as given today (E8). Without a cause the contract ends after six months; for a breach or an insolvency
    the end is announced, and comes only if staff confirm it after 30 or 60 days; for the rest it ends at once. What was
    prepaid beyond the end is named in the event as `refund_from_at`. Raises `Forbidden`, `ReasonNeeded`, `NotFound`,
    `EndingAskedAlready`, `ContractEnded`.
    """
    if actor.kind != "staff":
        raise Forbidden
    if not actor.reason.strip():
        raise ReasonNeeded
    today = legal_date(now)
    with transaction.atomic():
        return ask_for_end(
            actor=actor,
            customer=held_customer(customer_id),
            by=Ending.By.OPERATOR,
            ground=ground,
            noticed_on=today,
            dates=operators_end(ground, noticed_on=today, zone=legal_zone(), now=now),
            now=now,
        )
