"""Marks that a person's data are restricted, or are not any more."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Person
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound


def mark_restricted(*, actor: Actor, person_id: int, restricted: bool, now: datetime) -> None:
    """From now on the person gets no mail that they could do without, or does again (D1; GDPR 18).

    Whoever restricts keeps the record of it. Raises `Forbidden` for members, and `NotFound`.
    """
    if actor.kind not in {"system", "staff"}:
        raise Forbidden
    if not Person.objects.filter(pk=person_id).update(restricted_at=now if restricted else None):
        raise NotFound
