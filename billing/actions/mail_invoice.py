"""Mails an invoice with its files to one billing address."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db.models import F

from accounts.actions._mailing import post
from accounts.actions.give_notice import give_notice
from accounts.gateways.mail import Attached, Letter, write_letter
from accounts.gateways.smtp import AddressRefused
from accounts.rules.notices import MAIL_TRIED_FOR
from billing.actions._telling import is_closed
from billing.models import InvoiceMail
from billing.queries.invoice_files import files_to_mail
from kernel.errors import NotFound, Outage
from kernel.tenancy.urls import customer_url

State = InvoiceMail.State


def mail_invoice(*, mail_id: str, now: datetime) -> None:
    """Send it in the document's language, through the customer's own mail server where it has one (E11).

    Killed between the server's answer and the row, the next try sends it again under the same Message-ID, by which
    mail programs show it once. Raises NotFound when there is nothing to send any more, `MailUnavailable` and
    `MailServerFailed` to be retried, for four days.
    """
    waiting = InvoiceMail.objects.filter(id=mail_id, state=State.QUEUED)
    if not waiting.update(attempts=F("attempts") + 1):
        raise NotFound
    mail = InvoiceMail.objects.select_related("invoice__customer").get(id=mail_id)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    try:
        post(
            _letter(mail),
            to=mail.email,
            customer_id=mail.invoice.customer_id,
            tries=mail.attempts,
            now=now,
            headers={"Message-ID": f"<{mail.id}@{domain}>"},
        )
    except AddressRefused as refused:
        if waiting.update(state=State.BOUNCED, failure=str(refused)[:300]):
            _tell(mail, str(refused), now)
    except Outage as outage:
        hopeless = now - mail.queued_at >= MAIL_TRIED_FOR
        waiting.update(failure=str(outage.detail)[:300], state=State.FAILED if hopeless else State.QUEUED)
        if not hopeless:
            raise
    else:
        waiting.update(state=State.SENT, sent_at=now, failure="")


def _letter(mail: InvoiceMail) -> Letter:
    invoice = mail.invoice
    path = customer_url(invoice.customer.slug, "invoice", number=str(invoice.number))
    link = "" if is_closed(invoice.customer_id) else f"{settings.BASE_URL}{path}"
    context = {"invoice": invoice, "link": link}
    letter = write_letter("billing/mails/invoice", language=invoice.language, context=context)
    files = tuple(Attached(file.name, file.content, file.media_type) for file in files_to_mail(invoice.id))
    return replace(letter, files=files)


def _tell(mail: InvoiceMail, answer: str, now: datetime) -> None:
    give_notice(
        kind="invoice.mail_refused",
        customer_id=mail.invoice.customer_id,
        now=now,
        permission="billing.manage",
        facts={"document": mail.invoice.number, "email": mail.email, "answer": answer[:300]},
        subject=mail.invoice_id,
    )
