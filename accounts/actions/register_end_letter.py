"""Ends a contract because the customer has sent a signed letter."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._ending import ask_for_end, held_customer
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Ending
from accounts.queries.contract import terms_of
from accounts.rules.endings import Ground, customers_end
from kernel.actor import Actor
from kernel.clock import legal_date, legal_zone
from kernel.errors import FieldError, Forbidden, Refusal


class LetterFromTheFuture(Refusal):
    code = "letter_from_the_future"
    title = _("The letter came today or before.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/received_on", self.code, str(self.title))])


def register_end_letter(
    *,
    actor: Actor,
    customer_id: str,
    received_on: date,
    at_once: bool,
    file_name: str,
    file_sha256: str,
    now: datetime,
) -> Ending:
    """Register the letter by which a customer ends its contract (C6). For staff, who have checked who signed it.

    `file_sha256` (hex) is of the scanned or sealed letter called `file_name`, which staff keep. The contract ends with
    the paid time (B12), or at once if the letter says so. Raises `Forbidden`, `ReasonNeeded`, `LetterFromTheFuture`,
    `NotFound`, `EndingAskedAlready`, `ContractEnded`.
    """
    if actor.kind != "staff":
        raise Forbidden
    if not actor.reason.strip():
        raise ReasonNeeded
    if received_on > legal_date(now):
        raise LetterFromTheFuture
    with transaction.atomic():
        customer = held_customer(customer_id)
        terms = terms_of(customer_id, now=now)
        return ask_for_end(
            actor=actor,
            customer=customer,
            by=Ending.By.LETTER,
            ground=Ground.WISH,
            noticed_on=received_on,
            dates=customers_end(
                at_once=at_once, paid_until=terms.paid_until if terms else None, zone=legal_zone(), now=now
            ),
            now=now,
            evidence=(file_name, file_sha256),
        )
