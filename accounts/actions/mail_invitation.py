"""Mails an invitation to the person invited."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.conf import settings

from accounts.actions._mailing import post
from accounts.gateways.mail import write_letter
from accounts.gateways.smtp import AddressRefused
from accounts.models import Invitation
from accounts.queries import invitation_secret
from kernel.errors import NotFound
from kernel.tenancy.urls import public_url


def mail_invitation(*, invitation_id: str, language: str, now: datetime, tries: int = 1) -> None:
    """Send the link; raises `NotFound` when the invitation is no longer open, `MailUnavailable` to be retried.

    It leaves through the customer's own mail server, where there is one. An address that refuses mail for good is no
    failure of ours: the invitation stays open until it expires. A retry after a lost answer may send the mail twice,
    which does no harm.
    """
    invitation = Invitation.objects.open(now=now).select_related("customer").filter(id=invitation_id).first()
    if invitation is None:
        raise NotFound
    path = public_url("invitation", secret=invitation_secret(invitation.id))
    letter = write_letter(
        "accounts/mail/invitation",
        language=language,
        context={"invitation": invitation, "link": f"{settings.BASE_URL}{path}"},
    )
    with suppress(AddressRefused):
        post(letter, to=invitation.email, customer_id=invitation.customer_id, tries=tries, now=now)
