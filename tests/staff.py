"""People of the operator, for tests about what they may do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.test import Client

from accounts.actions.register_person import register_person
from accounts.models import Person
from accounts.rules.staff_roles import StaffRole
from kernel import clock
from kernel.actor import Actor
from tests.cast import PASSWORD


@dataclass(frozen=True)
class Staff:
    """One of staff, with a browser in which they are signed in."""

    person: Person
    client: Client

    @property
    def actor(self) -> Actor:
        return Actor.staff(person_id=str(self.person.pk), name=str(self.person), reason="Because")


def staff_person(name: str, role: StaffRole) -> Staff:
    """A person of staff in one role."""
    person = register_person(
        actor=Actor.system("tests"),
        email=f"{name.lower()}-{secrets.token_hex(3)}@operator.example",
        name=name,
        password=PASSWORD,
        staff=True,
        role=role,
        now=clock.now(),
    )
    client = Client(HTTP_HOST="localhost")
    client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return Staff(person, client)
