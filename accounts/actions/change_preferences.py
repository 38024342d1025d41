"""Changes what a person has chosen for themselves: name, language, country, time zone."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Person
from kernel import audit
from kernel.actor import Actor


def change_preferences(
    *,
    actor: Actor,
    name: str | None = None,
    language: str | None = None,
    country: str | None = None,
    time_zone: str | None = None,
    now: datetime,
) -> Person:
    """The person with the new choices; what is None stays (clause C10).

    `country` is an ISO 3166 code, `time_zone` an IANA name, `language` one of the installation's; empty: no choice.
    """
    asked = {"name": name, "language": language, "country": country, "time_zone": time_zone}
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=actor.person)
        changed = {
            field: value for field, value in asked.items() if value is not None and value != getattr(person, field)
        }
        if changed:
            for field, value in changed.items():
                setattr(person, field, value)
            person.save(update_fields=list(changed))
            details = {"changed": sorted(changed)}
            audit.record(
                actor=actor, action="person.preferences_changed", now=now, subject=str(person.pk), details=details
            )
    return person
