"""A customer's own mail server as its administrators see it."""

from __future__ import annotations

from accounts.models import MailServer
from kernel.actor import Actor


def mail_server_of(actor: Actor) -> MailServer | None:
    """The mail server of the actor's customer, if it has one. Raises `Forbidden` without `customer.manage`."""
    actor.require("customer.manage")
    return MailServer.objects.filter(customer_id=actor.customer).first()
