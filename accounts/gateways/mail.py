"""Mails, from a template each for subject and text, through our mail server or a customer's own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import formataddr
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any, ClassVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.gateways.smtp import AddressRefused, Server, deliver
from kernel.clock import legal_zone
from kernel.errors import Outage


class MailUnavailable(Outage):
    code: ClassVar[str] = "mail_unavailable"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a letter."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Words in one language. `subject` is one line."""

    subject: str
    text: str
    language: str
    files: tuple[Attached, ...] = ()

    @property
    def sha256(self) -> str:
        """Of subject, empty line and text (hex): proves afterwards what was sent."""
        return hashlib.sha256(f"{self.subject}\n\n{self.text}".encode()).hexdigest()


def write_letter(template: str, *, language: str, context: Mapping[str, Any]) -> Letter:
    """`<template>_subject.txt` and `<template>.txt` in `language`."""
    with translation.override(language):
        subject = " ".join(_rendered(f"{template}_subject.txt", context).split())
        return Letter(subject, _rendered(f"{template}.txt", context), language)


def with_footer(letter: Letter, context: Mapping[str, Any]) -> Letter:
    """The letter as a notice's mail; see `notices/mail.txt` for the context."""
    with translation.override(letter.language):
        return replace(letter, text=_rendered("notices/mail.txt", {**context, "text": letter.text}))


def _rendered(template: str, context: Mapping[str, Any]) -> str:
    everything = {**context, "operator_name": settings.OPERATOR_NAME, "zone": legal_zone()}
    return render_to_string(template, everything).strip()


def send_letter(
    letter: Letter,
    *,
    to: str,
    headers: Mapping[str, str] | None = None,
    return_path: str = "",
    server: Server | None = None,
) -> None:
    """Send it as plain text and, word for word, as HTML.

    Through our server, whose `return_path` is where bounces go (to the sender when empty), or through a customer's
    `server`, which sends in the customer's name. Raises `MailUnavailable` and `MailServerFailed`, to be tried again,
    and `AddressRefused`, which is final.
    """
    sender = formataddr((server.name, server.sender)) if server else settings.DEFAULT_FROM_EMAIL
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        from_email=return_path or sender,
        to=[to],
        headers={"From": sender, "Auto-Submitted": "auto-generated", **(headers or {})},
    )
    with translation.override(letter.language):
        with_html(message)
    for file in letter.files:
        message.attach(file.name, file.content, file.media_type)
    if server:
        content = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own kind of message
        deliver(server, content, to=sanitize_address(to, "utf-8"))
    else:
        _send(message)


def _send(message: EmailMultiAlternatives) -> None:
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()), (0, b""))
        if code >= 500:
            raise AddressRefused(f"{code} {answer.decode('utf-8', 'replace')}") from error
        raise MailUnavailable(_("The mail server does not take our mail.")) from error
    except (SMTPException, OSError) as error:
        raise MailUnavailable(_("The mail server does not take our mail.")) from error


def with_html(message: EmailMultiAlternatives) -> EmailMultiAlternatives:
    """Add the message's own text as HTML, so that both say the same; in the language that is active."""
    body = render_to_string("email/message.html", {"subject": message.subject, "body": message.body})
    message.attach_alternative(body, "text/html")
    return message
