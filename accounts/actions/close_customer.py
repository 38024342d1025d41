"""Shuts a customer whose content is about to be destroyed."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Customer, Ending
from accounts.queries.erasures import mails_waiting
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.tenancy.context import forget_customers

_NEVER = "The customer is closed."


def close_customer(*, actor: Actor, customer_id: str, now: datetime) -> bool:
    """Nobody comes in any more: no member, no token, no job of its schema (D3, C8). In the caller's transaction.

    True once it is closed, also when it was before; False when there is no such customer. An end that was asked for and
    has not come is withdrawn, for nothing is left to end. Mails to its members that wait do not leave any more. What is
    recorded stands in the platform's chain, because the customer's own can be read by nobody from here on. Whether the
    customer may be closed is the caller's question, asked under the lock that this takes.
    """
    actor.require("customer.end")
    customer = Customer.objects.select_for_update(no_key=True).filter(id=customer_id).first()
    if customer is None:
        return False
    if customer.status == Customer.Status.CLOSED:
        return True
    was = customer.status
    Customer.objects.filter(id=customer_id).update(status=Customer.Status.CLOSED, sign_in_rules={})
    Ending.objects.open().filter(customer_id=customer_id).update(state=Ending.State.WITHDRAWN, ended_at=now)
    mails_waiting(customer_id).update(state="failed", failure=_NEVER)
    audit.record(actor=actor, action="customer.closed", now=now, subject=customer_id, details={"was": was})
    outbox.emit("customer.closed", now=now, customer_id=None, subject=customer_id)
    forget_customers()
    return True
