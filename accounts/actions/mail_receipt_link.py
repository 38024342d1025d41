"""Tells a customer's last owners where they will find the receipt of the erasure."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from accounts.gateways.mail import MailUnavailable, send_letter, write_letter
from accounts.gateways.smtp import AddressRefused
from accounts.models import Customer
from accounts.queries.erasures import addresses_of_owners
from kernel.actor import Actor


def mail_receipt_link(*, actor: Actor, customer_id: str, link: str, days: int) -> Mapping[str, int]:
    """How many mails left with the link, which opens for `days` days, before the addresses are erased.

    It is no notice, which would be kept with its address for ten years; and it leaves through our own server. A mail
    server that is away does not hold up an erasure that is promised for a day: the mail is not sent then. Repeating
    sends it again while there are owners, so it may come twice.
    """
    actor.require("customer.end")
    sent = 0
    context = {"customer": Customer.objects.get(id=customer_id).name, "link": link, "days": days}
    for email, language in addresses_of_owners(customer_id):
        letter = write_letter("accounts/mail/receipt", language=language, context=context)
        with suppress(AddressRefused, MailUnavailable):
            send_letter(letter, to=email)
            sent += 1
    return {"mails": sent}
