"""People who leave are forgotten, and nothing of them is left but what bookkeeping needs (D3)."""

from __future__ import annotations

import pytest

from accounts.actions.forget_person import PersonStays, forget_person
from accounts.models import Person
from kernel import clock
from kernel.actor import Actor

SYSTEM = Actor.system("tests")


def test_somebody_is_forgotten_once(cast):
    with pytest.raises(PersonStays):
        forget_person(person_id=cast.bob.person.pk, actor=SYSTEM, now=clock.now())
    type(cast.bob.membership).objects.filter(pk=cast.bob.membership.pk).update(status="ended", ended_at=clock.now())
    counts = forget_person(person_id=cast.bob.person.pk, actor=SYSTEM, now=clock.now())
    assert counts["accounts_person"] == 1
    assert forget_person(person_id=cast.bob.person.pk, actor=SYSTEM, now=clock.now()) == {}
    assert Person.objects.get(pk=cast.bob.person.pk).name == ""
