"""Mails what is demanded of a closed customer to one of its billing addresses (D4, B15)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from accounts.actions.mail_notice_to import mail_notice_to
from accounts.gateways.smtp import AddressRefused
from billing.models import BillingDetails, Invoice
from kernel.errors import NotFound, Refusal


class BillingAddressRefused(Refusal):
    code = "billing_address_refused"
    status = 409
    title = _("The mail server refuses this billing address.")


def mail_demand(*, notice_id: str, invoice_id: str, place: int, now: datetime) -> None:
    """Send the notice with how to pay by bank, which is the only way without a portal; `place` counts from 0.

    Raises `NotFound` when there is no such address any more, `BillingAddressRefused`, and `MailUnavailable` to be
    tried again.
    """
    invoice = Invoice.objects.finalised().filter(pk=invoice_id).first()
    details = BillingDetails.objects.filter(pk=invoice.customer_id).first() if invoice else None
    if invoice is None or details is None or place >= len(details.emails):
        raise NotFound
    with override(invoice.language):
        how = gettext("Transfer to %(name)s, account %(iban)s, reference %(reference)s.") % {
            "name": invoice.seller["name"],
            "iban": invoice.seller["iban"],
            "reference": invoice.reference,
        }
    try:
        mail_notice_to(
            notice_id=notice_id, email=details.emails[place], language=invoice.language, closing=how, now=now
        )
    except AddressRefused as refused:
        raise BillingAddressRefused(str(refused)) from refused
