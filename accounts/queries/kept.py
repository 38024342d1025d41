"""What is kept of customers and people, for who says how long."""

from __future__ import annotations

from accounts.models import Person


def is_person(person_id: str) -> bool:
    """Whether somebody has this id, active or not."""
    return person_id.isdecimal() and Person.objects.filter(pk=int(person_id)).exists()
