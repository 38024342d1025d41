"""Mails an invitation to the person invited."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from accounts.gateways.mail import send_mail
from accounts.models import Invitation
from accounts.queries import invitation_secret
from kernel.errors import NotFound
from kernel.tenancy.urls import public_url


def mail_invitation(*, invitation_id: str, language: str, now: datetime) -> None:
    """Send the link; raises `NotFound` when the invitation is no longer open, `MailUnavailable` to be retried.

    A retry after a lost answer may send the mail twice, which does no harm.
    """
    invitation = Invitation.objects.open(now=now).select_related("customer").filter(id=invitation_id).first()
    if invitation is None:
        raise NotFound
    path = public_url("invitation", secret=invitation_secret(invitation.id))
    send_mail(
        "accounts/mail/invitation",
        to=invitation.email,
        language=language,
        context={"invitation": invitation, "link": f"{settings.BASE_URL}{path}"},
    )
