"""Customers' own mail servers: over TLS only, at public addresses only, and never for longer than a job can wait."""

from __future__ import annotations

import errno
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from threading import Timer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.gateways.egress import HostRefused, HostUnknown, resolve_public
from kernel.errors import Outage

STEP_SECONDS = 8.0
TOTAL_SECONDS = 25.0
_ANSWER_BYTES = 64 * 1024

REASONS = {
    "not_public": _("This is not a server on the public internet."),
    "unknown": _("There is no server by this name at present."),
    "silent": _("The server does not answer at this port."),
    "certificate": _("The server does not show a valid certificate for its name."),
    "no_tls": _("The server does not offer an encrypted connection at this port (STARTTLS)."),
    "tls": _("An encrypted connection could not be made."),
    "sign_in": _("The server does not accept this user name and password."),
    "sender": _("The server does not send from this address."),
    "recipient": _("The server does not send to this recipient now."),
    "broke_off": _("The server broke off."),
    "refused": _("The server refused."),
    "password": _("The password that was kept for it cannot be read any more. Type it again."),
}


class MailServerFailed(Outage):
    """A customer's own mail server does not take a mail. `reason` is one of REASONS, `answer` its own words."""

    code: ClassVar[str] = "mail_server_failed"

    def __init__(self, reason: str, answer: str = "") -> None:
        self.reason, self.answer = reason, _one_line(answer)
        super().__init__(f"{REASONS[reason]} {self.answer}".strip())


class AddressRefused(Exception):
    """The mail server will not take mail to this address, now or later (RFC 5321, 5xx); the text is its answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """`tls`: from the first byte, or after STARTTLS. `sender` is the address it sends from, `name` whose that is."""

    host: str
    port: int
    tls: bool
    username: str
    password: str = field(repr=False)
    sender: str
    name: str


def deliver(server: Server, message: bytes, *, to: str) -> None:
    """Hand a message, its lines ending in CRLF, to a customer's server.

    Raises `MailServerFailed`, and `AddressRefused` for a recipient.
    """
    try:
        addresses = resolve_public(server.host, server.port)
    except HostRefused as error:
        raise MailServerFailed("not_public") from error
    except HostUnknown as error:
        raise MailServerFailed("unknown") from error
    kind = _PinnedTls if server.tls else _Pinned
    try:
        _converse(kind(addresses, server), server, message, to)
    except (smtplib.SMTPException, OSError) as error:
        raise _told(error) from error


def _converse(pinned: _Pinned, server: Server, message: bytes, to: str) -> None:
    with closing(pinned) as connection:
        connection.meet()
        if server.username:
            connection.login(server.username, server.password)
        connection.sendmail(server.sender, [to], message)
        with suppress(smtplib.SMTPException, OSError):  # it has the mail: how it says goodbye is its affair
            connection.quit()


class _Pinned(smtplib.SMTP):
    """Connects to an address that was checked, under the name that TLS must prove, for a limited time."""

    def __init__(self, addresses: Sequence[str], server: Server) -> None:
        super().__init__(local_hostname=urlsplit(settings.BASE_URL).hostname, timeout=STEP_SECONDS)
        self._host = server.host
        self._addresses, self._port = addresses, server.port
        self._cord: socket.socket | None = None
        self._alarm = Timer(TOTAL_SECONDS, self._cut)
        self._alarm.daemon = True

    def meet(self) -> None:
        self._greet()
        self.starttls(context=_tls(settings.EGRESS_TRUST_ANCHORS))

    def _greet(self) -> None:
        self._alarm.start()
        code, answer = self.connect(self._host, self._port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, answer)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = self._connect(port, timeout)
        self._cord = connected.dup()  # of the connection itself, whatever TLS wraps around it later
        return connected

    def _connect(self, port: int, timeout: float) -> socket.socket:
        for address in self._addresses[:-1]:
            with suppress(OSError):
                return socket.create_connection((address, port), timeout)
        return socket.create_connection((self._addresses[-1], port), timeout)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _ShortAnswers(self.sock.makefile("rb"))
        return super().getreply()

    def close(self) -> None:
        self._alarm.cancel()
        super().close()
        if self._cord is not None:
            self._cord.close()

    def _cut(self) -> None:
        with suppress(OSError):
            if self._cord is not None:
                self._cord.shutdown(socket.SHUT_RDWR)


class _PinnedTls(_Pinned):
    def meet(self) -> None:
        self._greet()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _tls(settings.EGRESS_TRUST_ANCHORS).wrap_socket(
            super()._get_socket(host, port, timeout), server_hostname=self._host
        )


class _ShortAnswers:
    """What is read of a server's answers, which ends when it talks without end."""

    def __init__(self, source: Any) -> None:
        self._source, self._left = source, _ANSWER_BYTES

    def readline(self, limit: int) -> bytes:
        line: bytes = self._source.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise OSError("endless answer")
        return line

    def close(self) -> None:
        self._source.close()


@cache
def _tls(more_anchors: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if more_anchors:
        context.load_verify_locations(more_anchors)
    return context


def _told(error: Exception) -> Exception:
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()), (0, b""))
            said = f"{code} {_text(answer)}"
            return AddressRefused(_one_line(said)) if code >= 500 else MailServerFailed("recipient", said)
        case smtplib.SMTPAuthenticationError():
            return MailServerFailed("sign_in", f"{error.smtp_code} {_text(error.smtp_error)}")
        case smtplib.SMTPSenderRefused():
            return MailServerFailed("sender", f"{error.smtp_code} {_text(error.smtp_error)}")
        case smtplib.SMTPResponseException() if error.smtp_code < 0:
            return MailServerFailed("broke_off")
        case smtplib.SMTPResponseException():
            return MailServerFailed("refused", f"{error.smtp_code} {_text(error.smtp_error)}")
        case smtplib.SMTPNotSupportedError():
            return MailServerFailed("no_tls" if "STARTTLS" in str(error) else "sign_in", str(error))
        case ssl.SSLCertVerificationError():
            return MailServerFailed("certificate", error.verify_message)
        case ssl.SSLError():
            return MailServerFailed("tls", error.reason or "")
        case TimeoutError() | ConnectionRefusedError():
            return MailServerFailed("silent")
        case smtplib.SMTPServerDisconnected() if "timed out" in str(error):
            return MailServerFailed("silent")
        case OSError() if error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
            return MailServerFailed("silent")
        case _:
            return MailServerFailed("broke_off")


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _one_line(text: str) -> str:
    """Printable and short: it comes from a stranger's machine and is shown to people."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:250]
