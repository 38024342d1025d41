"""Mails what happened to a request: the link, never the content."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.conf import settings

from accounts.gateways.mail import send_letter, write_letter
from accounts.gateways.smtp import AddressRefused
from accounts.queries import secret_hash
from kernel.clock import legal_date
from kernel.errors import NotFound
from kernel.tenancy.urls import public_url
from privacy.actions._rights import link_secret, status_secret
from privacy.models import Restriction, RightsRequest
from privacy.queries.operator import operator_particulars
from privacy.rules.restrictions import ends_on
from privacy.rules.rights import LINK_HOLDS, RequestKind, RequestState, followed_by_secret, last_day

_RESTRICTION_ENDS = "restriction_ends"
LETTERS = frozenset({"received", "copy", "extended", "answered", "refused", _RESTRICTION_ENDS})


def mail_rights_letter(*, request_id: str, letter: str, now: datetime) -> None:
    """Send one of `LETTERS` to the requester, in their language, with a link to the page that says it (D1).

    Raises `NotFound` when the request is deleted, and `MailUnavailable` to be tried again.
    """
    row = RightsRequest.objects.filter(id=request_id).first()
    if row is None or letter not in LETTERS:
        raise NotFound
    context = {
        "number": row.number,
        "kind": row.kind,
        "received_at": row.received_at,
        "last_day": last_day(row.facts),
        "first_day": row.due_on,
        "confirm_link": _confirm_link(row),
        "ends_on": ends_on(legal_date(now)),
        "link_hours": int(LINK_HOLDS.total_seconds() // 3600),
        "link": settings.BASE_URL + _page(row),
        "complaint": settings.BASE_URL + public_url("complaint"),
        "officer_email": operator_particulars().officer_email,
    }
    written = write_letter(f"rights/{letter}", language=row.language, context=context)
    with suppress(AddressRefused):
        send_letter(written, to=row.email)
    if letter == _RESTRICTION_ENDS:  # only now they are told: until then it goes on
        told = Restriction.objects.filter(request=row, end_announced_at__isnull=False, ends_on=None)
        told.update(ends_on=ends_on(legal_date(now)))


def _confirm_link(row: RightsRequest) -> str:
    """The link of the newest number; empty when nothing is to be shown any more."""
    secret = link_secret(row.id, row.link_number)
    if row.state != RequestState.RECEIVED or row.link_hash != secret_hash(secret):
        return ""
    return settings.BASE_URL + public_url("rights_identity", secret=secret)


def _page(row: RightsRequest) -> str:
    """Where the request is followed; by a secret where nobody can sign in, or will not be able to any more."""
    if followed_by_secret(RequestKind(row.kind), row.identity_by):
        return public_url("rights_status", secret=status_secret(row.id))
    return public_url("account_rights_request", request_id=row.id)
