"""Switches a customer's own mail server on or off."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import MailServer
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class MailServerUnproven(Refusal):
    """No test mail has gone through with the present settings."""

    code = "mail_server_unproven"
    status = 409
    title = _("Send a test mail first. Only a server that has taken one can be switched on.")


def switch_mail_server(*, actor: Actor, on: bool, now: datetime) -> MailServer:
    """The server, used from now on or no longer (clause E11). Raises `NotFound` and `MailServerUnproven`."""
    actor.require("customer.manage")
    with transaction.atomic():
        row = MailServer.objects.select_for_update().filter(customer_id=actor.customer).first()
        if row is None:
            raise NotFound
        if on and row.proven_at is None:
            raise MailServerUnproven
        if row.enabled != on:
            row.enabled = on
            row.save(update_fields=["enabled"])
            event = "mail_server.switched_on" if on else "mail_server.switched_off"
            audit.record(actor=actor, action=event, now=now, subject=row.id, details={"host": row.host})
            outbox.emit(event, now=now, customer_id=actor.customer, subject=row.id, payload={"host": row.host})
    return row
