"""Takes back that a contract ends, before it does."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._ending import facts_of, held_customer, tell
from accounts.actions.suspend_customer import ReasonNeeded
from accounts.models import Customer, Ending
from accounts.rules.endings import may_be_carried_out
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from kernel.tenancy.context import forget_customers


class NoEndingToWithdraw(Refusal):
    code = "no_ending_to_withdraw"
    status = 409
    title = _("Nothing says that this contract ends, or it has ended.")


class EndingNotYours(Refusal):
    code = "ending_not_yours"
    status = 409
    title = _("The operator ends this contract: only the operator can take that back. Please write to us.")


def withdraw_ending(*, actor: Actor, customer_id: str, now: datetime) -> Ending:
    """The contract goes on (C6, C7). An owner takes back the customer's own word, staff any, with a reason.

    Raises `Forbidden`, `NotFound` for a stranger's customer, `ReasonNeeded`, `NoEndingToWithdraw`, `EndingNotYours`,
    `ContractEnded`.
    """
    actor.require("customer.end")
    if actor.kind == "member" and actor.customer_id != customer_id:
        raise NotFound
    if actor.kind == "staff" and not actor.reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        held_customer(customer_id)
        ending = Ending.objects.open().filter(customer_id=customer_id).first()
        if ending is None or (ending.confirmed and may_be_carried_out(ending.ends_at, now)):
            raise NoEndingToWithdraw
        if actor.kind == "member" and ending.by == Ending.By.OPERATOR:
            raise EndingNotYours
        Ending.objects.filter(id=ending.id).update(state=Ending.State.WITHDRAWN, ended_at=now)
        Customer.objects.filter(id=customer_id, status=Customer.Status.ENDING).update(status=Customer.Status.ACTIVE)
        tell(actor, ending, "contract.ending_withdrawn", now, facts_of(ending), notice="contract.ending_withdrawn")
    forget_customers()
    return ending
