"""What mailing a notice, an invitation and a test have in common: through whose server, and what if it fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.actions.give_notice import give_notice
from accounts.gateways.mail import Letter, send_letter
from accounts.gateways.smtp import AddressRefused, MailServerFailed, Server
from accounts.models import MailServer
from accounts.rules.mail_servers import OWN_TRIES, is_own_turn, is_time_to_tell
from kernel.vault import Tampered, decrypt_text


def post(
    letter: Letter,
    *,
    to: str,
    customer_id: str | None,
    tries: int,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    return_path: str = "",
) -> bool:
    """Send a letter of a customer's; returns whether it left through the customer's own server.

    `tries` counts from 1. What the own server refuses goes through ours in the end, so that nothing is lost with a
    server that fails (clause E11). Raises `MailServerFailed` and `MailUnavailable`, to be tried again, and
    `AddressRefused`.
    """
    row = MailServer.objects.select_related("customer").filter(customer_id=customer_id, enabled=True).first()
    if row and is_own_turn(tries=tries, failed_at=row.failed_at, now=now):
        try:
            send_letter(letter, to=to, headers=headers, server=server_of(row))
        except AddressRefused:
            pass  # it may be the server that may not send there: ours will hear whether the address is wrong
        except MailServerFailed as failure:
            if tries < OWN_TRIES:
                raise
            _note_failure(row, failure, now)
        else:
            MailServer.objects.filter(id=row.id).exclude(failed_at=None).update(failed_at=None, reason="", answer="")
            return True
    send_letter(letter, to=to, headers=headers, return_path=return_path)
    return False


def server_of(row: MailServer) -> Server:
    """What connects to it, with the password decrypted; raises `MailServerFailed` and what the HSM raises."""
    customer_id, tls = row.customer_id, row.tls == MailServer.Tls.TLS
    try:
        password = decrypt_text(customer_id, password_context(customer_id), bytes(row.password or b""))
    except Tampered as error:
        raise MailServerFailed("password") from error
    return Server(row.host, row.port, tls, row.username, password, row.sender, str(row.customer))


def password_context(customer_id: str) -> str:
    """Where a mail server's password lies, which is authenticated with it."""
    return f"accounts_mailserver/{customer_id}/password"


def _note_failure(row: MailServer, failure: MailServerFailed, now: datetime) -> None:
    """Let the server rest, and tell who can repair it."""
    with transaction.atomic():
        held = MailServer.objects.select_for_update().filter(id=row.id, changed_at=row.changed_at).first()
        if held is None:
            return
        held.failed_at, held.reason, held.answer = now, failure.reason, failure.answer
        tell = is_time_to_tell(held.told_at, now)
        held.told_at = now if tell else held.told_at
        held.save(update_fields=["failed_at", "reason", "answer", "told_at"])
        if tell:
            facts = {"host": held.host, "reason": failure.reason, "answer": failure.answer, "failed_at": now}
            give_notice(
                kind="mail_server.failed",
                customer_id=held.customer_id,
                now=now,
                permission="customer.manage",
                facts=facts,
                subject=held.id,
            )
