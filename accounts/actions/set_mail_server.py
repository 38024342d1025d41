"""Sets through which mail server a customer's mail leaves."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions._mailing import password_context
from accounts.gateways.egress import resolve_public
from accounts.models import Customer, MailServer
from accounts.rules.mail_servers import MAIL_PORTS, is_host_name
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput
from kernel.vault import encrypt_text


def set_mail_server(
    *, actor: Actor, host: str, port: int, tls: str, username: str, password: str | None, sender: str, now: datetime
) -> MailServer:
    """The customer's mail server, switched off until a test mail has gone through with these settings (clause E11).

    `tls` is `starttls` or `tls`: there is no sending in the clear. A `password` of None leaves the one that is there,
    as long as host and user stay: nobody sends a kept password to a server of their own choice. Raises `InvalidInput`,
    `HostRefused` and `HostUnknown`.
    """
    actor.require("customer.manage")
    host, username, sender = host.strip().lower().rstrip("."), username.strip(), sender.strip()
    _check(host, port, tls, sender)
    resolve_public(host, port)
    new = {"host": host, "port": port, "tls": tls, "username": username, "sender": sender}
    secret = _encrypted(actor.customer, password) if password is not None else None
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        row = MailServer.objects.filter(customer_id=actor.customer).first() or MailServer(customer_id=actor.customer)
        before = {name: getattr(row, name) for name in new}
        if secret is None and row.password is None:
            _need_password()
        if secret is None and (before["host"], before["username"]) != (host, username):
            _need_password()
        for name, value in new.items():
            setattr(row, name, value)
        row.password = secret if secret is not None else row.password
        row.enabled, row.changed_at, row.proven_at, row.failed_at = False, now, None, None
        row.reason = row.answer = ""
        row.save()
        facts = {"to": new, "new_password": secret is not None}
        audit.record(actor=actor, action="mail_server.changed", now=now, subject=row.id, details=facts)
        outbox.emit("mail_server.changed", now=now, customer_id=actor.customer, subject=row.id, payload={"host": host})
    return row


def _encrypted(customer_id: str, password: str) -> bytes:
    return encrypt_text(customer_id, password_context(customer_id), password)


def _check(host: str, port: int, tls: str, sender: str) -> None:
    wrong = []
    if not is_host_name(host):
        wrong.append(FieldError("/host", "invalid_value", _("Write the server’s full name, such as smtp.example.com.")))
    if port not in MAIL_PORTS:
        ports = ", ".join(map(str, sorted(MAIL_PORTS)))
        wrong.append(FieldError("/port", "invalid_value", _("Mail servers are reached at one of %s.") % ports))
    if tls not in MailServer.Tls:
        wrong.append(FieldError("/tls", "invalid_value", _("Choose how the connection is encrypted.")))
    try:
        validate_email(sender)
    except ValidationError:
        wrong.append(FieldError("/sender", "invalid_value", _("Write an e-mail address.")))
    if wrong:
        raise InvalidInput(errors=wrong)


def _need_password() -> None:
    detail = _("Type the password again: the server or the user name is another one.")
    raise InvalidInput(errors=[FieldError("/password", "required", detail)])
