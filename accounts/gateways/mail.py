"""Mails, from a template each for subject and text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any, ClassVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from kernel.clock import legal_zone
from kernel.errors import Outage


class MailUnavailable(Outage):
    code: ClassVar[str] = "mail_unavailable"


class AddressRefused(Exception):
    """The mail server will not take mail to this address, now or later (RFC 5321, 5xx); the text is its answer."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Words in one language. `subject` is one line."""

    subject: str
    text: str
    language: str

    @property
    def sha256(self) -> str:
        """Of subject, empty line and text (hex): proves afterwards what was sent."""
        return hashlib.sha256(f"{self.subject}\n\n{self.text}".encode()).hexdigest()


def write_letter(template: str, *, language: str, context: Mapping[str, Any]) -> Letter:
    """`<template>_subject.txt` and `<template>.txt` in `language`."""
    everything = {**context, "operator_name": settings.OPERATOR_NAME, "zone": legal_zone()}
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", everything).split())
        text = render_to_string(f"{template}.txt", everything).strip()
    return Letter(subject, text, language)


def send_mail(template: str, *, to: str, language: str, context: Mapping[str, Any]) -> None:
    """Send `<template>_subject.txt` and `<template>.txt` in `language`; raises `MailUnavailable`."""
    try:
        send_letter(write_letter(template, language=language, context=context), to=to)
    except AddressRefused as refused:
        raise MailUnavailable(_("The mail server does not take our mail.")) from refused


def send_letter(letter: Letter, *, to: str, headers: Mapping[str, str] | None = None, return_path: str = "") -> None:
    """Send it as plain text and, word for word, as HTML. `return_path` is where bounces go: to the sender when empty.

    Raises `MailUnavailable`, to be tried again, and `AddressRefused`, which is final.
    """
    sender = settings.DEFAULT_FROM_EMAIL
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        from_email=return_path or sender,
        to=[to],
        headers={"From": sender, "Auto-Submitted": "auto-generated", **(headers or {})},
    )
    with translation.override(letter.language):
        with_html(message)
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
