"""Forgets a customer's own mail server and its password."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import MailServer
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound


def remove_mail_server(*, actor: Actor, now: datetime) -> None:
    """From now on the customer's mail leaves through ours (clause E11). Raises `NotFound`."""
    actor.require("customer.manage")
    with transaction.atomic():
        row = MailServer.objects.select_for_update().filter(customer_id=actor.customer).first()
        if row is None:
            raise NotFound
        server_id, host = row.id, row.host
        row.delete()
        audit.record(actor=actor, action="mail_server.removed", now=now, subject=server_id, details={"host": host})
        outbox.emit(
            "mail_server.removed", now=now, customer_id=actor.customer, subject=server_id, payload={"host": host}
        )
