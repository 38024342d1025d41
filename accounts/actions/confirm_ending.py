"""Ends a contract for what was not cured in the days that the contract gives."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._ending import carry_out, held_customer
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Ending
from accounts.rules.endings import dates, may_be_carried_out
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.errors import Forbidden, Refusal


class NothingToConfirm(Refusal):
    code = "nothing_to_confirm"
    status = 409
    title = _("No end of this contract was announced.")


class CureTimeRunning(Refusal):
    code = "cure_time_running"
    status = 409
    title = _("The customer still has time to put it right.")


def confirm_ending(*, actor: Actor, customer_id: str, now: datetime) -> Ending:
    """End the contract for a breach or an insolvency that was announced and has lasted (C7). For staff, with a reason.

    Raises `Forbidden`, `ReasonNeeded`, `NotFound`, `ContractEnded`, `NothingToConfirm`, and `CureTimeRunning` before
    the days to cure are over.
    """
    if actor.kind != "staff":
        raise Forbidden
    if not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        held_customer(customer_id)
        ending = Ending.objects.open().filter(customer_id=customer_id, confirmed=False).first()
        if ending is None:
            raise NothingToConfirm
        if not may_be_carried_out(ending.ends_at, now):
            raise CureTimeRunning
        today = dates(now, legal_zone())  # the customer has its days from the end that really is one
        ending.confirmed, ending.ends_at, ending.erase_by = True, today.ends_at, today.erase_by
        ending.save(update_fields=["confirmed", "ends_at", "erase_by"])
        carry_out(actor=actor, ending=ending, now=now)
    return ending
