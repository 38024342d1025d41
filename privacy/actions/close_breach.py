"""Closes a breach of which everybody is told who has to be."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel import outbox
from kernel.actor import Actor
from kernel.errors import Refusal
from privacy.actions._breaches import held_breach, note
from privacy.actions._staff import require_staff
from privacy.models import DataBreach
from privacy.rules.breaches import Missing, missing

MISSING_WORDS = {
    Missing.ASSESSMENT: _("the assessment of the risk"),
    Missing.AUTHORITY: _("telling the authority"),
    Missing.REASONS_FOR_DELAY: _("the reasons why the authority was told late"),
    Missing.PEOPLE: _("telling the people, or why they are not told"),
    Missing.CUSTOMERS: _("telling the customers"),
}


class BreachUnfinished(Refusal):
    """Something has to be done before."""

    code = "breach_unfinished"
    status = 409


def close_breach(*, actor: Actor, breach_id: str, now: datetime) -> DataBreach:
    """The breach, closed for good (clause E7).

    Raises `Forbidden` for anybody but staff, `NotFound`, `BreachClosed`, and `BreachUnfinished` with what is missing.
    """
    require_staff(actor)
    with transaction.atomic():
        row = held_breach(breach_id)
        told = row.notices.exclude(told_at=None).values("customer_id").distinct().count()
        left = missing(row.facts(customers_told=told))
        if left:
            names = ", ".join(str(MISSING_WORDS[each]) for each in left)
            raise BreachUnfinished(gettext("Still to be done: %(what)s.") % {"what": names})
        row.closed_at, row.closed_by = now, actor.name
        row.save(update_fields=["closed_at", "closed_by"])
        note(actor, row, "breach.closed", now=now)
        outbox.emit("breach.closed", now=now, customer_id=None, subject=row.id)
    return row
