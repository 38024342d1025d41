"""Mails, from a template each for subject and text."""

from __future__ import annotations

from collections.abc import Mapping
from smtplib import SMTPException
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


def send_mail(template: str, *, to: str, language: str, context: Mapping[str, Any]) -> None:
    """Send `<template>_subject.txt` and `<template>.txt` in `language`; raises `MailUnavailable`."""
    everything = {**context, "operator_name": settings.OPERATOR_NAME, "zone": legal_zone()}
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", everything).split())
        text = render_to_string(f"{template}.txt", everything)
        message = with_html(EmailMultiAlternatives(subject, text, to=[to]))
    try:
        message.send()
    except (SMTPException, OSError) as error:
        raise MailUnavailable(_("The mail server does not take our mail.")) from error


def with_html(message: EmailMultiAlternatives) -> EmailMultiAlternatives:
    """Add the message's own text as HTML, so that both say the same; in the language that is active."""
    body = render_to_string("email/message.html", {"subject": message.subject, "body": message.body})
    message.attach_alternative(body, "text/html")
    return message
