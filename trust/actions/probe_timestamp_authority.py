"""Asks one timestamp authority for a real timestamp because staff want to see whether it is well."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal
from trust.actions.ask_authority import TimestampRefused, ask_authority
from trust.actions.probe_timestamp_authorities import PROBE_IMPRINT
from trust.models import TimestampAuthority
from trust.queries.pool import authorities


class AuthorityNotWell(Refusal):
    """The authority gave no timestamp that may be believed; the detail says what was wrong."""

    code = "authority_not_well"
    title = gettext_lazy("The timestamp authority gave no timestamp that may be believed.")


def probe_timestamp_authority(*, actor: Actor, authority_id: str, now: datetime) -> None:
    """One request, which counts like any other. A good answer ends a rest of the breaker. For staff.

    Raises NotFound, AuthorityNotWell.
    """
    actor.require("trust.pool")
    row = TimestampAuthority.objects.filter(id=authority_id, enlisted=True).first()
    found = next((one for one in authorities(live=row.live) if one.id == authority_id), None) if row else None
    if row is None or found is None:
        raise NotFound
    try:
        ask_authority(authority=found, imprint=PROBE_IMPRINT, live=row.live, now=now)
    except TimestampRefused as refused:
        problem = str(refused)
    else:
        problem = ""
    with transaction.atomic():
        details = {"problem": problem} if problem else {}
        audit.record(actor=actor, action="timestamp_authority.probed", now=now, subject=authority_id, details=details)
    if problem:
        raise AuthorityNotWell(_("%(name)s: %(problem)s") % {"name": row.name, "problem": problem})
