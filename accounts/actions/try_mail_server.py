"""Sends a test mail through a customer's own mail server."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.actions._mailing import server_of
from accounts.gateways.mail import send_letter, write_letter
from accounts.gateways.smtp import AddressRefused, MailServerFailed
from accounts.models import MailServer
from accounts.queries import mailbox_of
from accounts.rules.mail_servers import TRY_AGAIN_AFTER
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class MailServerRefused(Refusal):
    """The test mail was not taken; `detail` says why, with the server's own words."""

    code = "mail_server_refused"
    title = _("The test mail could not be sent.")


class MailServerJustTried(Refusal):
    """One test mail at a time, so that nobody uses us to knock at strangers' doors."""

    code = "mail_server_just_tried"
    status = 429
    title = _("A test mail was sent just now. Wait half a minute.")


def try_mail_server(*, actor: Actor, now: datetime) -> str:
    """Send a mail to whoever asks; returns the address. From then on the server may be switched on (clause E11).

    Raises `NotFound`, `MailServerJustTried`, `MailServerRefused`, and what the vault raises.
    """
    actor.require("customer.manage")
    rows = MailServer.objects.filter(customer_id=actor.customer)
    if not rows.exists():
        raise NotFound
    rested = Q(tried_at=None) | Q(tried_at__lte=now - TRY_AGAIN_AFTER)
    if not rows.filter(rested).update(tried_at=now):
        raise MailServerJustTried
    row = rows.select_related("customer").get()
    to = mailbox_of(int(actor.person)).email
    letter = write_letter(
        "notices/mail_server_test",
        language=get_language() or "en",
        context={"customer": row.customer, "host": row.host, "name": actor.name},
    )
    try:
        send_letter(letter, to=to, server=server_of(row))
    except MailServerFailed as failure:
        _note(actor, row, now, reason=failure.reason, answer=failure.answer)
        raise MailServerRefused(failure.detail) from failure
    except AddressRefused as refused:
        _note(actor, row, now, reason="recipient", answer=str(refused))
        raise MailServerRefused(str(refused)) from refused
    _note(actor, row, now)
    return to


def _note(actor: Actor, row: MailServer, now: datetime, *, reason: str = "", answer: str = "") -> None:
    """Of a test with settings that were changed meanwhile nothing is concluded."""
    with transaction.atomic():
        tried = MailServer.objects.filter(id=row.id, changed_at=row.changed_at)
        if reason:
            tried.update(reason=reason, answer=answer[:300], failed_at=now)
        else:
            tried.update(reason="", answer="", failed_at=None, proven_at=now)
        facts = {"host": row.host, "passed": not reason, "reason": reason}
        audit.record(actor=actor, action="mail_server.tried", now=now, subject=row.id, details=facts)
