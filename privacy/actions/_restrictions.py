"""What a restriction does, and what of it stops when it is over."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext, override

from accounts.actions.mark_restricted import mark_restricted
from accounts.actions.withdraw_references_given import withdraw_references_given
from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.actions._rights import log, tell
from privacy.actions.place_hold import place_hold
from privacy.models import Hold, Restriction, RightsRequest
from privacy.queries.restrictions import held_things, restrictions_of_person

_SYSTEM = Actor.system("privacy.restrictions")


def restrict(actor: Actor, row: RightsRequest, *, now: datetime) -> None:
    """Restrict whose data the request is about, in the caller's transaction (GDPR 18 (1), (2)).

    Nothing of theirs is erased, as by any hold. What rests on consent or on our interest stops: they are named as a
    reference no more, and get no mail that they could do without. What contract and law demand goes on. Raises
    `ErasureUnderWay`.
    """
    Restriction.objects.create(request=row, person_id=row.person_id, placed_at=now)
    for covers, subject in held_things(row):
        place_hold(actor=actor, covers=covers, subject=subject, case=row.number, now=now)
    if row.person_id is not None:
        mark_restricted(actor=actor, person_id=row.person_id, restricted=True, now=now)
        operator = Actor(kind="system", id=_SYSTEM.id, name=settings.OPERATOR_NAME)  # customers learn no more
        withdraw_references_given(actor=operator, person_id=row.person_id, now=now)
    _note(actor, row, "restricted", now=now)


def end_by_wish(row: RightsRequest, *, now: datetime) -> None:
    """End what restricts the data of who wants them erased by this request, in the caller's transaction.

    It was there for their sake; they know, because they ask.
    """
    for restriction in restrictions_of_person(row.person_id) if row.person_id is not None else ():
        with override(row.language):
            wish = gettext("You asked for erasure since, by the request %(number)s.") % {"number": row.number}
        restriction.end_reasons = restriction.end_reasons or wish
        restriction.end_announced_at, restriction.ends_on = restriction.end_announced_at or now, legal_date(now)
        restriction.save(update_fields=["end_reasons", "end_announced_at", "ends_on"])
        unrestrict(restriction, restriction.request, now=now)


def unrestrict(restriction: Restriction, row: RightsRequest, *, now: datetime) -> None:
    """End it, in the caller's transaction: its holds go, and the person's mark unless another restriction is left.

    Nothing when it is over already: a wish and the day of its end may come at once.
    """
    if not Restriction.objects.filter(pk=restriction.pk, lifted_at=None).update(lifted_at=now):
        return
    for hold in Hold.objects.select_for_update().filter(case=row.number, released_at=None).order_by("id"):
        hold.released_at, hold.released_by, hold.release_reason = now, _SYSTEM.name, restriction.end_reasons[:1000]
        hold.save(update_fields=["released_at", "released_by", "release_reason"])
    others = Restriction.objects.filter(person_id=row.person_id, lifted_at=None)
    if row.person_id is not None and not others.exists():
        mark_restricted(actor=_SYSTEM, person_id=row.person_id, restricted=False, now=now)
    _note(_SYSTEM, row, "unrestricted", now=now)


def _note(actor: Actor, row: RightsRequest, step: str, *, now: datetime) -> None:
    log(actor, row, step, now=now)
    details = {"number": row.number}
    audit.record(actor=actor, action=f"rights_request.{step}", now=now, subject=row.id, details=details)
    tell(row, step, now=now)
