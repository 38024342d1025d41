"""Notes that whoever opened a one-time link has the mailbox that a request was made with."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.queries import secret_hash
from accounts.queries.sign_in import person_at
from accounts.queries.subjects import person_facts
from kernel.actor import Actor
from kernel.errors import Refusal
from privacy.actions._identity import identified
from privacy.models import RightsRequest
from privacy.rules.rights import RequestKind, Shown, identity_is_enough, link_holds


class RightsLinkOver(Refusal):
    """The link was used, is older than its hours, or never was one."""

    code = "rights_link_over"
    status = 410
    title = _("This link was used, is too old, or was replaced by a newer one. Ask again to get another.")


class RightsSignInNeeded(Refusal):
    """The mailbox is not enough for what an account with a second step guards."""

    code = "rights_sign_in_needed"
    status = 403
    title = _("Your account is guarded by a second step. Sign in and ask there, so that nobody else gets your data.")


def show_identity(*, actor: Actor, secret: str, now: datetime) -> RightsRequest:
    """The request, now of somebody known (D1; GDPR 12 (6)); the link is used up.

    An account with this address is what it is about. Raises `RightsLinkOver` and `RightsSignInNeeded`.
    """
    with transaction.atomic():
        row = RightsRequest.objects.select_for_update().filter(link_hash=secret_hash(secret), closed_at=None).first()
        if row is None or row.link_sent_at is None or not link_holds(row.link_sent_at, now):
            raise RightsLinkOver
        found = person_at(row.email)  # not by an address that somebody claimed and never confirmed
        person = person_facts(found.pk) if found is not None else None
        second_step = person is not None and person.has_second_step
        if not identity_is_enough(RequestKind(row.kind), Shown.LINK, has_second_step=second_step):
            raise RightsSignInNeeded
        identified(actor, row, Shown.LINK, person_id=person.person_id if person else None, now=now)
    return row
