"""Ends the attempts to mail an invoice of which something of ours fails each time."""

from __future__ import annotations

from billing.models import InvoiceMail

State = InvoiceMail.State


def give_up_mail(*, mail_id: str) -> None:
    """The mail has failed, for staff to see beside its dead job; in the portal the invoice stays."""
    InvoiceMail.objects.filter(id=mail_id, state=State.QUEUED).update(state=State.FAILED)
