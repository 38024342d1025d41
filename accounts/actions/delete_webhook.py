"""Deletes a webhook with its delivery log."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._webhooks import held_webhook
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, Refusal


class AddressNotConfirmed(Refusal):
    code = "address_not_confirmed"
    title = _("This is not the address of the webhook.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/confirmed", self.code, str(self.title))])


def delete_webhook(*, actor: Actor, webhook_id: str, confirmed_url: str | None = None, now: datetime) -> None:
    """Messages that wait are not sent any more. A person gives the address as `confirmed_url`; programs None.

    Raises `NotFound`, `AddressNotConfirmed`.
    """
    with transaction.atomic():
        webhook = held_webhook(actor, webhook_id)
        if confirmed_url is not None and confirmed_url.strip() != webhook.url:
            raise AddressNotConfirmed
        facts = {"url": webhook.url}
        webhook.delete()
        audit.record(actor=actor, action="webhook.deleted", now=now, subject=webhook_id, details=facts)
        outbox.emit("webhook.deleted", now=now, customer_id=actor.customer, subject=webhook_id)
