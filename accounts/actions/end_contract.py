"""Ends a contract because the customer says so in the portal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._ending import ask_for_end, held_customer
from accounts.models import Ending
from accounts.queries.contract import terms_of
from accounts.rules.endings import Ground, customers_end
from kernel.actor import Actor
from kernel.clock import legal_date, legal_zone
from kernel.errors import FieldError, Refusal


class CustomerNameNotConfirmed(Refusal):
    code = "customer_name_not_confirmed"
    title = _("Type the customer’s name as it is written here.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/name", self.code, str(self.title))])


def end_contract(*, actor: Actor, name: str, at_once: bool, now: datetime) -> Ending:
    """End the contract of the actor's customer: with its paid time (B12), or at once (C6).

    `name` is the customer's, typed by who ends it. Raises `Forbidden` for all but owners, `CustomerNameNotConfirmed`,
    `EndingAskedAlready`, `ContractEnded`.
    """
    actor.require("customer.end")
    with transaction.atomic():
        customer = held_customer(actor.customer)
        if name.strip() != customer.name.strip():
            raise CustomerNameNotConfirmed
        terms = terms_of(customer.id, now=now)
        dates = customers_end(
            at_once=at_once, paid_until=terms.paid_until if terms else None, zone=legal_zone(), now=now
        )
        return ask_for_end(
            actor=actor,
            customer=customer,
            by=Ending.By.CUSTOMER,
            ground=Ground.WISH,
            noticed_on=legal_date(now),
            dates=dates,
            now=now,
        )
